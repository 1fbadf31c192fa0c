using BenchmarkDotNet.Attributes;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;
using CompiledProgram = NonLocal.Tensors.Compile.Program;

namespace NonLocal.Benchmarks.Micro;

/// <summary>What is timed of an operation.</summary>
public enum Pass
{
    /// <summary>The operation.</summary>
    Forward,

    /// <summary>Its gradients with respect to everything it reads, and what of the operation they need.</summary>
    Backward,
}

/// <summary>Times one operation as a compiled program of its own, on all processors.</summary>
public abstract class OperationRuns
{
    private CompiledProgram program = null!;

    /// <summary>Forward or backward.</summary>
    [Params(Pass.Forward, Pass.Backward)]
    public Pass Pass { get; set; }

    /// <summary>Compiles, and fills the inputs with seeded numbers.</summary>
    [GlobalSetup]
    public void Compile()
    {
        Graph graph = new();
        (Value output, Value[] inputs) = Build(graph);
        IReadOnlyList<Value> outputs = Pass == Pass.Forward
            ? [output]
            : [.. Differentiation.Gradients([output], [graph.Input("cotangent", output.Shape)], inputs).OfType<Value>()];
        program = CompiledProgram.Compile(graph, outputs);
        Random random = new(1);
        foreach (Tensor input in program.Inputs)
        {
            Fill(input.Span, random);
        }
    }

    /// <summary>What is timed.</summary>
    [Benchmark]
    public void Run() => program.Run();

    /// <summary>The operation's result, and all that it reads.</summary>
    protected abstract (Value Output, Value[] Inputs) Build(Graph graph);

    /// <summary>A parameter with seeded numbers.</summary>
    protected static Value Parameter(Graph graph, Shape shape)
    {
        Tensor content = new(shape);
        Fill(content.Span, new Random(2));
        return graph.Read(new Variable("weight", content));
    }

    private static void Fill(Span<float> numbers, Random random)
    {
        foreach (ref float x in numbers)
        {
            x = random.NextSingle() - 0.5f;
        }
    }
}
