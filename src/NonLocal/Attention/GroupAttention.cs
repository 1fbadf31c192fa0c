using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>Whose names and details the parts of interlaced sparse self-attention have.</summary>
public enum InterlacedPreset
{
    /// <summary>openseg-group/openseg.pytorch: <c>f_key, f_query, f_value, W</c>; the values' convolution has no bias.</summary>
    OpenSeg,

    /// <summary>
    /// open-mmlab/mmsegmentation: <c>key_project, query_project, value_project, output_project</c>; the values' convolution has a bias.
    /// </summary>
    MmSegmentation,
}

/// <summary>
/// The self-attention inside the groups of <see cref="InterlacedAttention"/>: relu(BN(W·softmax_row(q kᵀ/√d) v)), where queries and keys
/// each come from two 1×1 convolutions with batch norm and ReLU.
/// </summary>
/// <remarks>
/// openseg-group/openseg.pytorch's SelfAttentionBlock2D. There is no residual inside. Rows of the softmax sum to 1, so W may as well be
/// applied to the values; where that is less work, values and W are one convolution: (A (x V)) W = A (x (V W)).
/// </remarks>
public sealed class GroupAttention : Layer
{
    private readonly int channels;
    private readonly double scale;
    private readonly Route route;
    private readonly Layer key;
    private readonly Layer query;
    private readonly Conv value;
    private readonly Conv output;
    private readonly BatchNorm outputNorm;
    private readonly Layer outputLayer;

    /// <summary>Attention of PyTorch's default first weights (mmsegmentation: normal after He).</summary>
    /// <param name="channels">Channels that come in.</param>
    /// <param name="keyChannels">d, the width of queries and keys.</param>
    /// <param name="valueChannels">The width of values; mmsegmentation has as many as come out.</param>
    /// <param name="outputChannels">Channels that go out.</param>
    /// <param name="preset">Whose names the parameters have.</param>
    /// <param name="norm">The batch norms; null: with 1e-5 and 0.1.</param>
    /// <param name="route">How it is computed.</param>
    /// <exception cref="ArgumentOutOfRangeException">Channels below 1.</exception>
    public GroupAttention(
        int channels,
        int keyChannels,
        int valueChannels,
        int outputChannels,
        InterlacedPreset preset = InterlacedPreset.OpenSeg,
        ConvModuleNorm? norm = null,
        Route route = Route.Automatic)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(keyChannels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(valueChannels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputChannels, 1);
        this.channels = channels;
        this.route = route;
        scale = 1 / Math.Sqrt(keyChannels);
        norm ??= new ConvModuleNorm();
        if (preset == InterlacedPreset.OpenSeg)
        {
            key = Register("f_key", Embedding(channels, keyChannels, norm));
            query = Register("f_query", Embedding(channels, keyChannels, norm));
            value = Register("f_value", new Conv(channels, valueChannels, [1, 1], bias: false));
            output = new Conv(valueChannels, outputChannels, [1, 1], bias: false);
            outputNorm = Norm(outputChannels, norm);
            outputLayer = Register("W", new Sequential(output, NormAndRelu(outputNorm)));
        }
        else
        {
            key = Register("key_project", Modules(channels, keyChannels, norm));
            query = Register("query_project", Modules(channels, keyChannels, norm));
            value = Register("value_project", new Conv(channels, valueChannels, [1, 1]));
            output = new Conv(valueChannels, outputChannels, [1, 1], bias: false, initializer: Initializers.KaimingNormalFanOut);
            outputNorm = Norm(outputChannels, norm);
            outputLayer = Register(
                "output_project", new Sequential(("conv", output), ("bn", outputNorm), ("activate", Functions.Relu())));
        }
    }

    /// <inheritdoc/>
    public override bool IsAttention => true;

    /// <summary>The result and the weights of the softmax, [batch, N, N].</summary>
    /// <param name="x">[batch, positions…, channels].</param>
    public (Value Result, Value Map) ForwardWithMap(Value x)
    {
        List<Value> maps = [];
        return (Forward(x, maps), maps[0]);
    }

    /// <summary>Connects the layer, and adds its weights to a list if there is one.</summary>
    internal Value Forward(Value x, List<Value>? maps)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        return Connect(x, maps);
    }

    /// <inheritdoc/>
    protected override Value Build(Value x) => Connect(x, null);

    private Value Connect(Value x, List<Value>? maps)
    {
        Positions.Check(x, channels, "self-attention in groups");
        (Value q, Value k) = (Embed(query, x), Embed(key, x));
        maps?.Add(PairwiseRules.SoftmaxMap(q, k, scale, null));
        Value y = route == Route.Automatic && IsCheaperTogether(x)
            ? Together(q, k, x)
            : Positions.Through(outputLayer, PairwiseRules.Softmax(q, k, Embed(value, x), scale, null, route), 2);
        return y.Reshape(x.Shape.With(^1, y.Shape.Last));
    }

    private Value Together(Value q, Value k, Value x)
    {
        Value w = Matrix(x.Graph, output);
        Value v = Positions.Flatten(x).MatMul(Matrix(x.Graph, value).MatMul(w));
        v = value.Bias is { } bias ? v + x.Graph.Read(bias).Reshape([1, bias.Shape.Last]).MatMul(w).Reshape([w.Shape.Last]) : v;
        return outputNorm.Forward(q.Attend(k, v, scale)).Relu();
    }

    // In multiply-adds: N rows through one convolution and the product of two weights, against N rows through two.
    private bool IsCheaperTogether(Value x)
    {
        (long rows, long inner, long outputs) = (x.Shape.Rows, value.Weight.Shape.Last, output.Weight.Shape.Last);
        long together = (rows * channels * outputs) + (channels * inner * outputs) + (rows * Length(x) * outputs);
        return together < (rows * channels * inner) + (rows * inner * outputs) + (rows * Length(x) * inner);
    }

    private static long Length(Value x) => x.Shape[1..^1].Count;

    private static Value Matrix(Graph graph, Conv convolution) =>
        graph.Read(convolution.Weight).Reshape([convolution.Weight.Shape[^2], convolution.Weight.Shape.Last]);

    private static Value Embed(Layer layer, Value x) => Positions.Flatten(Positions.Through(layer, x, 2));

    private static BatchNorm Norm(int channels, ConvModuleNorm norm) => new(channels, norm.Epsilon, norm.Momentum);

    private static Sequential NormAndRelu(BatchNorm norm) => new(norm, Functions.Relu());

    private static Sequential Embedding(int channels, int keyChannels, ConvModuleNorm norm) => new(
        new Conv(channels, keyChannels, [1, 1], bias: false),
        NormAndRelu(Norm(keyChannels, norm)),
        new Conv(keyChannels, keyChannels, [1, 1], bias: false),
        NormAndRelu(Norm(keyChannels, norm)));

    private static Sequential Modules(int channels, int keyChannels, ConvModuleNorm norm) => new(
        new ConvModule(channels, keyChannels, [1, 1], norm: norm), new ConvModule(keyChannels, keyChannels, [1, 1], norm: norm));
}
