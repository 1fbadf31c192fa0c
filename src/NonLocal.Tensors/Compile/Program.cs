using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Compile;

/// <summary>
/// A graph compiled for its shapes: runs many times, in memory whose size is known before the first run, and allocates nothing.
/// </summary>
/// <remarks>
/// Not re-entrant: one run at a time, or an <see cref="InvalidOperationException"/> says so. Programs over the same variables share the
/// copies made from them without a lock, so compile and run these on one thread at a time. A run that throws may leave variables that it
/// writes half-way between two runs.
/// </remarks>
public sealed unsafe class Program
{
    private readonly Graph graph;
    private readonly Step[] steps;
    private readonly string[] stepNames;
    private readonly DerivedValues derived;
    private readonly (Variable Variable, Operand Value)[] commits;
    private readonly Variable[] writtenInPlace;
    private readonly MemoryBlock arena;
    private readonly long arenaFloats;
    private int running;

    private Program(Computation computation, CompileOptions options)
    {
        graph = computation.Graph;
        ProgramBuilder builder = new(computation, options);
        builder.Build();
        steps = [.. builder.Steps];
        stepNames = [.. builder.StepNames];
        derived = builder.Derived;
        commits = [.. builder.Commits];
        writtenInPlace = [.. builder.WrittenInPlace];
        arena = builder.Arena;
        arenaFloats = builder.ArenaFloats;
        Pool = builder.Pool;
        Inputs = [.. builder.Inputs.Select(operand => new Tensor(operand.Shape, operand.Block, operand.Offset))];
        OutputBytes = builder.Outputs.Distinct().Sum(operand => operand.Count) * sizeof(float);
        ArenaBytes = Math.Max(0, (arenaFloats * sizeof(float)) - OutputBytes);
        PackedBytes = derived.Floats * sizeof(float);
        if (options.MemoryLimit is { } limit && ArenaBytes + OutputBytes > limit)
        {
            throw new MemoryLimitException(
                $"The program needs {ArenaBytes + OutputBytes:N0} bytes for its arena and outputs; the limit is {limit:N0}.");
        }

        Outputs = [.. builder.Outputs.Select(operand => new Tensor(operand.Shape, operand.Block, operand.Offset))];
    }

    /// <summary>What the program is fed with, in the order of the graph's inputs. Fill before every <see cref="Run()"/>.</summary>
    public IReadOnlyList<Tensor> Inputs { get; }

    /// <summary>The results; valid after a run, until the next run of a program that shares the arena.</summary>
    public IReadOnlyList<Tensor> Outputs { get; }

    /// <summary>The threads that it runs on.</summary>
    public WorkerPool Pool { get; }

    /// <summary>Working memory beyond inputs, outputs, parameters and packed weights. Exact, and known before the first run.</summary>
    public long ArenaBytes { get; }

    /// <summary>Memory of the inputs.</summary>
    public long InputBytes => Inputs.Sum(input => (long)input.Length) * sizeof(float);

    /// <summary>Memory of the outputs.</summary>
    public long OutputBytes { get; }

    /// <summary>Memory of the variables that are read.</summary>
    public long ParameterBytes =>
        graph.Nodes.Sum(node => node.Operation is ReadVariable read ? read.Variable.Shape.Count : 0) * sizeof(float);

    /// <summary>
    /// Memory of copies made from variables (folded and packed weights), shared with other programs over the same variables.
    /// </summary>
    public long PackedBytes { get; }

    /// <summary>Multiply-adds of one run (element-wise work not counted).</summary>
    public long MultiplyAdds => graph.Nodes.Sum(node => node.Operation.MultiplyAdds(node));

    /// <summary>The graph after all passes.</summary>
    public Graph Graph => graph;

    /// <summary>What the steps do, in their order.</summary>
    public IReadOnlyList<string> StepNames => stepNames;

    /// <summary>Compiles a graph.</summary>
    /// <param name="graph">The work. It is not changed.</param>
    /// <param name="outputs">The values to be seen after a run. Assignments of the graph are carried out as well.</param>
    /// <param name="options">Passes, threads, memory.</param>
    /// <exception cref="MemoryLimitException">More memory than <see cref="CompileOptions.MemoryLimit"/>.</exception>
    public static Program Compile(Graph graph, IReadOnlyList<Value> outputs, CompileOptions? options = null)
    {
        options ??= new CompileOptions();
        Computation computation = new(graph, outputs);
        if (options.MergeCommon)
        {
            computation = CommonWork.Merge(computation);
        }

        if (options.FoldScales)
        {
            computation = ScaleFolding.Fold(computation);
        }

        if (options.OrderProducts)
        {
            computation = ProductOrder.Choose(GramProducts.Choose(computation));
        }

        if (options.FuseEpilogues)
        {
            computation = EpilogueFusion.Fuse(computation);
        }

        if (options.RemoveDeadCode || options.FoldScales || options.FuseEpilogues)
        {
            // The fusing passes leave behind what they replaced.
            computation = DeadCode.Remove(computation);
        }

        if (options.FuseElementwise)
        {
            computation = ElementwiseFusion.Fuse(computation);
        }

        return new Program(computation, options);
    }

    /// <summary>Runs with what is in <see cref="Inputs"/>.</summary>
    /// <exception cref="InvalidOperationException">It is running already.</exception>
    public void Run() => Run(afterStep: null);

    /// <summary>The same, to see where the time goes.</summary>
    /// <param name="afterStep">Told the number of every step in <see cref="StepNames"/> when it is done; null: nobody is told.</param>
    /// <exception cref="InvalidOperationException">It is running already.</exception>
    public void Run(Action<int>? afterStep)
    {
        if (Interlocked.Exchange(ref running, 1) != 0)
        {
            throw new InvalidOperationException("This program is running already on another thread; a program runs once at a time.");
        }

        try
        {
            arena.EnsureLength(arenaFloats);
            derived.Prepare();
            for (int i = 0; i < steps.Length; i++)
            {
                steps[i]();
                afterStep?.Invoke(i);
            }

            foreach ((Variable variable, Operand value) in commits)
            {
                long bytes = value.Count * sizeof(float);
                Buffer.MemoryCopy(value.Pointer, variable.Value.Pointer, bytes, bytes);
                variable.MarkChanged();
            }

            foreach (Variable variable in writtenInPlace)
            {
                variable.MarkChanged();
            }
        }
        finally
        {
            Volatile.Write(ref running, 0);
        }
    }

    /// <summary>Copies the inputs in and runs.</summary>
    /// <returns><see cref="Outputs"/>.</returns>
    /// <exception cref="ArgumentException">Another number of inputs, or other shapes.</exception>
    public IReadOnlyList<Tensor> Run(params ReadOnlySpan<Tensor> inputs)
    {
        if (inputs.Length != Inputs.Count)
        {
            throw new ArgumentException(
                $"The program takes {Inputs.Count} inputs ({string.Join(", ", graph.InputNames)}), got {inputs.Length}.");
        }

        for (int i = 0; i < inputs.Length; i++)
        {
            if (inputs[i].Shape != Inputs[i].Shape)
            {
                throw new ArgumentException($"Input {graph.InputNames[i]} has shape {Inputs[i].Shape}, got {inputs[i].Shape}.");
            }

            inputs[i].Span.CopyTo(Inputs[i].Span);
        }

        Run();
        return Outputs;
    }
}
