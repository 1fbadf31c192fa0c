using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification.Learning;

/// <summary>
/// A graph that is run again and again and writes variables: the compiled program, or its literal definitions with variables in double.
/// </summary>
internal sealed class RepeatedRun
{
    private readonly Graph graph;
    private readonly Value[] outputs;
    private readonly Program? program;
    private readonly Interpreter<double>? interpreter;
    private readonly Dictionary<Variable, double[]> written = [];

    /// <summary>Prepares a graph.</summary>
    /// <param name="graph">With everything that is assigned in it.</param>
    /// <param name="outputs">What every run gives.</param>
    /// <param name="precision">Which of the two.</param>
    public RepeatedRun(Graph graph, IReadOnlyList<Value> outputs, VerificationPrecision precision)
    {
        this.graph = graph;
        this.outputs = [.. outputs];
        if (precision == VerificationPrecision.Double)
        {
            interpreter = new Interpreter<double>(graph);
        }
        else
        {
            program = Program.Compile(graph, outputs);
        }
    }

    /// <summary>What a variable holds now.</summary>
    public double[] ContentOf(Variable variable) =>
        written.TryGetValue(variable, out double[]? content) ? content : Widened(variable.Value);

    /// <summary>Runs once.</summary>
    /// <param name="inputs">Elements for every input of the graph, in its order.</param>
    /// <returns>The outputs.</returns>
    public double[][] Run(IReadOnlyList<double[]> inputs) => program is null ? Interpret(inputs) : Execute(inputs);

    private static double[] Widened(Tensor tensor) => Array.ConvertAll(tensor.Span.ToArray(), number => (double)number);

    private double[][] Execute(IReadOnlyList<double[]> inputs)
    {
        for (int i = 0; i < inputs.Count; i++)
        {
            BlockCase.Single(inputs[i]).CopyTo(program!.Inputs[i].Span);
        }

        program!.Run();
        return [.. program.Outputs.Select(Widened)];
    }

    private double[][] Interpret(IReadOnlyList<double[]> inputs)
    {
        for (int i = 0; i < inputs.Count; i++)
        {
            interpreter!.Feed(graph.Inputs[i], inputs[i]);
        }

        interpreter!.Run([.. outputs, .. graph.Assignments.Values]);
        foreach ((Variable variable, Value value) in graph.Assignments)
        {
            written[variable] = interpreter[value].ToArray();
            interpreter.Feed(variable, written[variable]);
        }

        return [.. outputs.Select(output => interpreter[output].ToArray())];
    }
}
