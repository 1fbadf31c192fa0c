using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;
using NonLocal.Training;
using CompiledProgram = NonLocal.Tensors.Compile.Program;

namespace NonLocal.Benchmarks.SideBySide;

/// <summary>From a row to the work that is timed; the same weights and numbers are written for the others on the way.</summary>
internal static class Subjects
{
    private const double BlockInputDeviation = 0.25;

    // As the others use it; small, so that the weights stay sensible over many steps with made-up labels.
    private const double LearningRate = 1e-3;

    /// <summary>Makes a row's network, writes its files, and compiles it.</summary>
    public static Work Prepare(Row row, string folder, WorkerPool pool)
    {
        PublishedFiles files = new(folder);
        if (row.Subject == "product")
        {
            return Product(row, files, pool);
        }

        bool classifier = ModelRegistry.Names.Contains(row.Subject);
        Layer layer = Create(row);
        files.WriteWeights(layer);
        CompileOptions options = new() { Pool = pool };
        Work work = row.Mode switch
        {
            RowMode.Inference => Inference(row, layer, files, classifier, options),
            RowMode.Backward => Backward(row, layer, files, options),
            _ => Step(row, layer, files, options),
        };
        files.WriteNumbers();
        return work;
    }

    /// <summary>The row's network or block with first values.</summary>
    public static Layer Create(Row row)
    {
        Layer layer = ModelRegistry.Names.Contains(row.Subject)
            ? ModelRegistry.Create(row.Subject, WithoutChance(row))
            : AttentionRegistry.Create(row.Subject, row.Shape.Last, row.Choice);
        layer.Initialize(seed: 1);
        Random random = new(2);
        foreach (Variable parameter in layer.Parameters())
        {
            // A scale that starts at zero would hide everything that it scales from the comparison.
            if (!parameter.Value.Span.ContainsAnyExcept(0f))
            {
                parameter.Set(Normal(parameter.Shape, 0.1, random).Span);
            }
        }

        return layer;
    }

    // What dropout leaves differs from side to side.
    private static ModelOptions WithoutChance(Row row) => new() { Dropout = row.Shape.Rank == 5 ? 0 : null };

    private static Work Product(Row row, PublishedFiles files, WorkerPool pool)
    {
        Random random = new(1);
        Tensor left = Normal([row.Shape[0], row.Shape[2]], 1, random);
        Tensor right = Normal([row.Shape[2], row.Shape[1]], 1, random);
        Graph graph = new();
        Value product = graph.Input("left", left.Shape).MatMul(graph.Input("right", right.Shape));
        CompiledProgram program = CompiledProgram.Compile(graph, [product], new CompileOptions { Pool = pool });
        program.Run(left, right);
        files.AddPlain("left", left);
        files.AddPlain("right", right);
        files.AddPlain("output", program.Outputs[0]);
        files.WriteNumbers();
        return Work.Of(program);
    }

    private static Work Inference(Row row, Layer layer, PublishedFiles files, bool classifier, CompileOptions options)
    {
        CompiledProgram program = layer.CompileForInference(row.Shape, options);
        Tensor input = Normal(row.Shape, classifier ? 1 : BlockInputDeviation, new Random(1));
        program.Run(input);
        files.AddMap("input", input);
        if (classifier)
        {
            files.AddPlain("output", program.Outputs[0]);
        }
        else
        {
            files.AddMap("output", program.Outputs[0]);
        }

        return Work.Of(program);
    }

    private static Work Backward(Row row, Layer layer, PublishedFiles files, CompileOptions options)
    {
        Graph graph = new();
        Value x = graph.Input("x", row.Shape);
        layer.Train();
        Value loss = layer.Forward(x).Square().Mean();
        ModuleVariable parameter = layer.Variables().First(entry => entry.Variable.Kind == VariableKind.Parameter);
        IEnumerable<Variable> others = layer.Parameters().Where(other => other != parameter.Variable);
        Value?[] gradients = Differentiation.Gradients(loss, [x, graph.Read(parameter.Variable), .. others.Select(graph.Read)]);
        CompiledProgram program = CompiledProgram.Compile(graph, [loss, .. gradients.OfType<Value>()], options);
        Tensor input = Normal(row.Shape, BlockInputDeviation, new Random(1));
        program.Run(input);
        files.AddMap("input", input);
        files.AddPlain("loss", program.Outputs[0]);
        files.AddMap("gradient.input", program.Outputs[1]);
        files.AddGradient(parameter, program.Outputs[2], "gradient");
        return Work.Of(program);
    }

    private static Work Step(Row row, Layer layer, PublishedFiles files, CompileOptions options)
    {
        int classes = ((Classifier)layer).Classes;
        Tensor input = Normal(row.Shape, 1, new Random(1));
        Tensor targets = new([row.Shape[0]]);
        for (int i = 0; i < targets.Length; i++)
        {
            targets.Span[i] = i * 7 % classes;
        }

        Func<Value, Value> loss = logits => logits.CrossEntropy(logits.Graph.Input("targets", targets.Shape));
        TrainingStep first = TrainingStep.Compile(layer, row.Shape, loss, options);
        first.Program.Run(input, targets);
        files.AddMap("input", input);
        files.AddPlain("targets", targets);
        files.AddPlain("loss", first.Program.Outputs[0]);
        AddGradient(0, "rough.gradient");
        AddGradient(first.Parameters.Count - 2, "gradient");
        Sgd optimizer = new() { Momentum = 0.9, Nesterov = true, WeightDecay = 1e-4 };
        ParameterUpdate update = new(layer, new UpdateRule { Optimizer = optimizer });
        LearningStep step = LearningStep.Compile(layer, row.Shape, loss, update, options: options);
        input.Span.CopyTo(step.Inputs[0].Span);
        targets.Span.CopyTo(step.Inputs[1].Span);
        long number = 0;
        return new Work(
            () => step.Run(LearningRate, number++),
            2 * first.Program.MultiplyAdds,
            Work.BytesOf(first.Program),
            first.Program.ArenaBytes);

        // The classifier's weight, second to last, and the first convolution's: at random weights the latter's gradient is what
        // remains of sums that cancel, and PyTorch's own two layouts differ there by 1e-2.
        void AddGradient(int index, string name) =>
            files.AddGradient(layer.Variables().First(entry => entry.Variable == first.Parameters[index]), first.Gradients[index], name);
    }

    private static Tensor Normal(Shape shape, double deviation, Random random)
    {
        Tensor tensor = new(shape);
        foreach (ref float x in tensor.Span)
        {
            // Box and Muller's form of a normal number.
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            x = (float)(deviation * radius * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return tensor;
    }
}
