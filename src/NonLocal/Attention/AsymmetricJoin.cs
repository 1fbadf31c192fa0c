using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>
/// What both asymmetric blocks do: stages that read a pyramid, their sum beside the map that reads, a convolution, a norm.
/// </summary>
internal sealed class AsymmetricJoin
{
    private readonly AsymmetricOptions options;
    private readonly ModuleList<PyramidStage> stages;
    private readonly int contextChannels;
    private readonly Conv convolution;
    private readonly BatchNorm norm;
    private readonly Dropout? dropout;
    private readonly bool activation;

    /// <summary>Makes the parts; the block registers <see cref="Stages"/> and <see cref="Output"/>.</summary>
    /// <param name="highChannels">Channels of the map that reads.</param>
    /// <param name="lowChannels">Channels of the map that is read.</param>
    /// <param name="options">Everything else.</param>
    /// <param name="isFusion">Two maps: queries and keys have embeddings of their own, and there is no activation at the end.</param>
    public AsymmetricJoin(int highChannels, int lowChannels, AsymmetricOptions options, bool isFusion)
    {
        options.Check();
        this.options = options;
        activation = !isFusion;
        contextChannels = options.OutputChannels ?? highChannels;
        stages = new ModuleList<PyramidStage>([.. Enumerable.Range(0, options.Stages)
            .Select(_ => new PyramidStage(highChannels, lowChannels, contextChannels, !isFusion, options))]);
        int joined = contextChannels + highChannels;
        norm = new BatchNorm(contextChannels, options.Norm.Epsilon, options.Norm.Momentum);
        if (options.Preset == AsymmetricPreset.Ann)
        {
            convolution = new Conv(joined, contextChannels, [1, 1]);
            dropout = new Dropout(options.Dropout, wholeChannels: true);
            Output = new Sequential(convolution, activation ? new Sequential(norm, Functions.Relu()) : norm, dropout);
        }
        else
        {
            convolution = new Conv(joined, contextChannels, [1, 1], bias: false, initializer: Initializers.KaimingNormalFanOut);
            Output = activation
                ? new Sequential(("conv", convolution), ("bn", norm), ("activate", Functions.Relu()))
                : new Sequential(("conv", convolution), ("bn", norm));
        }
    }

    /// <summary>To be registered as <c>stages</c>.</summary>
    public Module Stages => stages;

    /// <summary>Convolution, norm, perhaps activation and dropout.</summary>
    public Sequential Output { get; }

    /// <summary>The published name of <see cref="Output"/>.</summary>
    public string Name => options.Preset == AsymmetricPreset.Ann ? "conv_bn_dropout" : "bottleneck";

    /// <summary>[batch, positions of the high map…, output channels].</summary>
    /// <param name="high">The map that reads.</param>
    /// <param name="low">The map that is read.</param>
    /// <param name="maps">Gets the weights of each stage's cells, [batch, N, cells], if it is there.</param>
    public Value Build(Value high, Value low, List<Value>? maps)
    {
        Value y = options.Route == Route.Automatic && IsCheaperOnCells(low.Shape.Rank - 2)
            ? OnCells(high, low, maps)
            : Written(high, low, maps);
        return y.Reshape(high.Shape.With(^1, contextChannels));
    }

    private Value Written(Value high, Value low, List<Value>? maps)
    {
        Value context;
        using (stages.Scope(high.Graph))
        {
            context = stages.Items.Select(stage => stage.Written(high, low, options.Route, maps)).Aggregate((sum, next) => sum + next);
        }

        return Positions.Through(Output, ((Value[])[context, Positions.Flatten(high)]).Concat(-1), 2);
    }

    // The context's half of the convolution is applied to the cells, and so is the norm where it is a scale and a shift.
    private Value OnCells(Value high, Value low, List<Value>? maps)
    {
        Graph graph = high.Graph;
        Value weight = graph.Read(convolution.Weight).Reshape([convolution.Weight.Shape[^2], contextChannels]);
        Value ofContext = weight.SliceAxis(0, 0, contextChannels);
        Value ofHigh = weight.SliceAxis(0, contextChannels, weight.Shape[0] - contextChannels);
        (Value Scale, Value Shift)? affine = norm.UsesRunningStatistics ? norm.Affine(graph) : null;
        Value y = Positions.Flatten(high).MatMul(ofHigh);
        y = affine is { } fixedNorm ? y * fixedNorm.Scale : y;
        using (stages.Scope(graph))
        {
            for (int stage = 0; stage < stages.Items.Count; stage++)
            {
                bool first = stage == 0;
                y = stages.Items[stage].Attend(high, low, cells => Finished(cells.MatMul(ofContext), first), maps) + y;
            }
        }

        using Graph.LayerScope scope = graph.Enter(Name);
        y = affine is null ? norm.Forward(y) : y;
        y = activation ? y.Relu() : y;
        return dropout is null ? y : dropout.Forward(y);

        // What is added once goes with the first stage: its weights sum to 1 for every position.
        Value Finished(Value cells, bool first)
        {
            cells = first && convolution.Bias is { } bias ? cells + graph.Read(bias) : cells;
            return affine is not { } fixedNorm ? cells
                : first ? (cells * fixedNorm.Scale) + fixedNorm.Shift
                : cells * fixedNorm.Scale;
        }
    }

    // In multiply-adds for each position: wider values against two convolutions.
    private bool IsCheaperOnCells(int axes)
    {
        long cells = options.Levels.Sum(level => (long)Math.Pow(level, axes));
        long values = stages.Items[0].ValueChannels;
        return cells * contextChannels < (cells * values) + (values * contextChannels) + ((long)contextChannels * contextChannels);
    }
}
