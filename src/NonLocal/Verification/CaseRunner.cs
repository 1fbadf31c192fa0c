using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification;

/// <summary>
/// Computes everything that a file can ask of a case: outputs, affinities, gradients and changed buffers, under the file's names.
/// </summary>
internal static class CaseRunner
{
    /// <summary>Runs the case.</summary>
    /// <returns>Elements in the file's order of axes. A gradient that the outputs do not depend on is all zeros.</returns>
    public static Dictionary<string, CaseTensor> Run(BlockCase block, VerificationPrecision precision, bool gradients)
    {
        List<Produced> wanted = [.. block.Outputs, .. block.Attentions];
        Dictionary<string, CaseTensor> results = [];
        if (gradients)
        {
            Differentiate(block, wanted, results);
        }

        foreach (StateEntry state in block.States)
        {
            if (block.Graph.Assignments.TryGetValue(state.Variable, out Value? after))
            {
                wanted.Add(new Produced("after." + state.Key, after, state.Layout));
            }
        }

        double[][] contents = precision == VerificationPrecision.Double ? Interpret(block, wanted) : Execute(block, wanted);
        for (int i = 0; i < contents.Length; i++)
        {
            (string name, Value value, BorderLayout layout) = wanted[i];
            results[name] = new CaseTensor(layout.ToFile(value.Shape), layout.ToFile(contents[i], value.Shape));
        }

        return results;
    }

    private static void Differentiate(BlockCase block, List<Produced> wanted, Dictionary<string, CaseTensor> results)
    {
        // An output without a cotangent is not part of what is differentiated; one must have it.
        Produced[] weighted = [.. block.Outputs.Where((output, i) => i == 0 || block.Has("grad_" + output.Name))];
        Value[] cotangents = [.. weighted.Select(output => Cotangent(block, output))];
        List<Produced> targets =
        [
            .. block.Inputs.Where(input => input.Name.StartsWith("input", StringComparison.Ordinal))
                .Select(input => input with { Name = "grad_" + input.Name }),
            .. block.States.Where(state => state.Variable.Kind == VariableKind.Parameter)
                .Select(state => new Produced("grad." + state.Key, block.Graph.Read(state.Variable), state.Layout)),
        ];
        Value?[] found = Differentiation.Gradients(
            [.. weighted.Select(output => output.Value)], cotangents, [.. targets.Select(target => target.Value)]);
        for (int i = 0; i < found.Length; i++)
        {
            if (found[i] is { } gradient)
            {
                wanted.Add(targets[i] with { Value = gradient });
            }
            else
            {
                Shape shape = targets[i].Layout.ToFile(targets[i].Value.Shape);
                results[targets[i].Name] = new CaseTensor(shape, new double[shape.Count]);
            }
        }
    }

    private static Value Cotangent(BlockCase block, Produced output)
    {
        string name = "grad_" + output.Name;
        CaseTensor tensor = block.Given(name);
        Shape shape = output.Value.Shape;
        if (tensor.Shape.Count != shape.Count)
        {
            throw new BlockMismatchException(
                $"'{name}' has shape {tensor.Shape}, but the block's output has {output.Layout.ToFile(shape)}.");
        }

        Value value = block.Graph.Input(name, shape);
        block.Fed[value] = output.Layout.ToOurs(tensor.Content, output.Layout.ToFile(shape));
        return value;
    }

    private static double[][] Interpret(BlockCase block, List<Produced> wanted)
    {
        Interpreter<double> interpreter = new(block.Graph);
        foreach ((Value input, double[] content) in block.Fed)
        {
            interpreter.Feed(input, content);
        }

        interpreter.Run([.. wanted.Select(produced => produced.Value)]);
        return [.. wanted.Select(produced => interpreter[produced.Value].ToArray())];
    }

    private static double[][] Execute(BlockCase block, List<Produced> wanted)
    {
        Program program = Program.Compile(block.Graph, [.. wanted.Select(produced => produced.Value)]);
        Tensor[] fed = [.. block.Graph.Inputs.Select(input => Tensor.From(input.Shape, BlockCase.Single(block.Fed[input])))];
        IReadOnlyList<Tensor> outputs = program.Run(fed);
        return [.. outputs.Select(output => Array.ConvertAll(output.Span.ToArray(), number => (double)number))];
    }
}
