using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Analysis;

/// <summary>One module of a network: what it alone does, without the modules below it.</summary>
/// <param name="Path">Its dotted path; empty for the root.</param>
/// <param name="Kind">Its type's name.</param>
/// <param name="Output">The shape of what it makes.</param>
/// <param name="Parameters">How many learned numbers are its own.</param>
/// <param name="Flops">2 × its multiply-adds; element-wise work is not counted.</param>
/// <param name="ActivationBytes">Size of its output in memory.</param>
/// <param name="IsAttention">Whether it is an attention block or part of one.</param>
/// <param name="Milliseconds">The time of its steps; null where it was not measured. See <see cref="LayerTimes"/>.</param>
public sealed record ModuleSummary(
    string Path,
    string Kind,
    Shape Output,
    long Parameters,
    long Flops,
    long ActivationBytes,
    bool IsAttention,
    double? Milliseconds = null);

/// <summary>
/// What a network costs at inference for one input shape. Everything is read from its graph; nothing runs, unless times are asked for.
/// </summary>
/// <param name="Modules">All modules that do something, outer ones before those inside them.</param>
/// <param name="Input">The input's shape.</param>
/// <param name="Output">The output's shape.</param>
/// <param name="Parameters">Learned numbers; shared ones once.</param>
/// <param name="StateNumbers">Numbers that are kept but not learned, such as running statistics.</param>
/// <param name="ArenaBytes">Working memory of the compiled program beyond input, output, parameters and packed weights.</param>
/// <param name="PackedBytes">Memory of folded and packed weights.</param>
public sealed record ModelSummary(
    IReadOnlyList<ModuleSummary> Modules,
    Shape Input,
    Shape Output,
    long Parameters,
    long StateNumbers,
    long ArenaBytes,
    long PackedBytes)
{
    /// <summary>2 × the multiply-adds of the whole network.</summary>
    public long Flops => Modules.Sum(module => module.Flops);

    /// <summary>The part of <see cref="Flops"/> in attention blocks: embeddings, pairs and output.</summary>
    public long AttentionFlops => Modules.Where(module => module.IsAttention).Sum(module => module.Flops);

    /// <summary>Size of all modules' outputs: what training must keep, roughly; inference shares memory and needs only the arena.</summary>
    public long ActivationBytes => Modules.Sum(module => module.ActivationBytes);

    /// <summary>The time of all steps; null where it was not measured.</summary>
    public double? Milliseconds => Modules.Sum(module => module.Milliseconds ?? double.NaN) is var sum && double.IsNaN(sum) ? null : sum;

    /// <summary>The modules of a block: itself and what is inside it.</summary>
    public IEnumerable<ModuleSummary> Inside(Module block) => Modules.Where(module =>
        block.Path.Length == 0 || module.Path == block.Path || module.Path.StartsWith(block.Path + ".", StringComparison.Ordinal));

    /// <summary>Summarises a layer.</summary>
    /// <param name="network">Any layer.</param>
    /// <param name="input">The whole input shape, batch included.</param>
    /// <param name="options">How the program is compiled.</param>
    /// <param name="timedRuns">How often it runs to measure times; 0: they are not measured.</param>
    /// <exception cref="ShapeException">The shape does not fit; the message names the layer.</exception>
    public static ModelSummary Of(Layer network, Shape input, CompileOptions? options = null, int timedRuns = 0)
    {
        Graph graph = new();
        Value output = network.BuildForInference(graph.Input("x", input));
        Program program = Program.Compile(graph, [output], options);
        Dictionary<string, List<Node>> nodes = graph.Nodes
            .Where(node => node.Operation is not (GraphInput or ReadVariable or Number or Constant))
            .GroupBy(node => node.Layer)
            .ToDictionary(group => group.Key, group => group.ToList());
        IReadOnlyDictionary<string, double>? times = timedRuns > 0 ? Times(program, timedRuns) : null;
        Variable[] variables = [.. network.Variables().Select(entry => entry.Variable).Distinct()];
        return new ModelSummary(
            [
                .. network.Tree().Where(module => nodes.ContainsKey(module.Path)).Select(module => Of(module, nodes[module.Path], output)
                    with { Milliseconds = times?.GetValueOrDefault(module.Path) }),
            ],
            input,
            output.Shape,
            Count(variables, VariableKind.Parameter),
            Count(variables, VariableKind.State),
            program.ArenaBytes,
            program.PackedBytes);
    }

    // Numbers of no meaning, in a usual range.
    private static IReadOnlyDictionary<string, double> Times(Program program, int runs)
    {
        new RandomStream(0, RandomStream.PurposeOf("input")).Normal(program.Inputs[0].Span);
        return LayerTimes.Measure(program, runs);
    }

    // The root's own nodes need not be the last ones: its output is the network's.
    private static ModuleSummary Of(Module module, List<Node> nodes, Value networkOutput)
    {
        Shape output = module.Path.Length == 0 ? networkOutput.Shape : nodes[^1].Outputs[0].Shape;
        return new ModuleSummary(
            module.Path,
            module.GetType().Name,
            output,
            Count(module.OwnVariables, VariableKind.Parameter),
            2 * nodes.Sum(node => node.Operation.MultiplyAdds(node)),
            output.Count * sizeof(float),
            module.IsPartOfAttention);
    }

    private static long Count(IEnumerable<Variable> variables, VariableKind kind) =>
        variables.Where(variable => variable.Kind == kind).Sum(variable => variable.Shape.Count);
}
