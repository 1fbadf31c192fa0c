using System.Globalization;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>
/// One unit of a spectral non-local stage: x + relu(bn(F(A, g(x)))) with an affinity from outside. For SNL F is w_1(g) + w_2(A g), the
/// unit of zh460045050/SNL_ICCV2021; see <see cref="SpectralKind"/> for the others.
/// </summary>
public sealed class SpectralUnit : Module
{
    private readonly SpectralOptions options;
    private readonly int channels;
    private readonly Conv value;
    private readonly BatchNorm norm;
    private readonly Conv? context;
    private readonly List<Conv> outputs = [];

    /// <summary>
    /// A unit with names <c>g, bn, w_1, w_2</c>; the kinds with one term have <c>w_2</c> alone, and dnl <c>w_m</c> besides.
    /// </summary>
    /// <param name="channels">C, the channels of the map.</param>
    /// <param name="options">Everything else; null: SNL.</param>
    /// <exception cref="ArgumentOutOfRangeException">Sizes out of range.</exception>
    /// <exception cref="ArgumentException">Options that the kind does not have.</exception>
    public SpectralUnit(int channels, SpectralOptions? options = null)
    {
        this.options = options ??= new SpectralOptions();
        this.channels = channels;
        int inner = SpectralNonLocalBlock.Check(channels, options);
        value = Register("g", Convolution(channels, inner));
        norm = Register("bn", new BatchNorm(channels, initializer: options.ZeroInitialised ? Initializers.Zeros : Initializers.Ones));
        context = options.Kind == SpectralKind.Disentangled ? Register("w_m", Convolution(channels, 1)) : null;
        int first = options.Kind == SpectralKind.Spectral ? 1 : 2;
        for (int number = first; number <= options.Terms; number++)
        {
            outputs.Add(Register(string.Create(CultureInfo.InvariantCulture, $"w_{number}"), Convolution(inner, channels)));
        }
    }

    /// <summary>Connects the unit to a map.</summary>
    /// <param name="x">[batch, positions…, C].</param>
    /// <param name="affinity">Over the positions, row-major.</param>
    /// <returns>As large as x.</returns>
    /// <exception cref="ShapeException">The shapes do not fit; the message names the unit.</exception>
    public Value Forward(Value x, Affinity affinity)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        Positions.Check(x, channels, "spectral non-local unit");
        Value y = Positions.Spread(norm.Forward(Filter(x, affinity)), options.Dimensions);
        return ((options.Activation ? y.Relu() : y) + Positions.Spread(x, options.Dimensions)).Reshape(x.Shape);
    }

    private Value Filter(Value x, Affinity affinity)
    {
        Value g = Embed(value, x);
        return options.Kind switch
        {
            SpectralKind.Spectral => Spectral(affinity, g),
            SpectralKind.NonLocalStage => Output(0, g - affinity.Apply(g)),
            SpectralKind.Disentangled => Output(0, affinity.Apply(g) + Embed(context!, x).Softmax(1).MatMul(g, transposeLeft: true)),
            _ => Output(0, affinity.Apply(g)),
        };
    }

    // Σ_k w_k(T_k(±A) g): in −A the odd terms change their sign.
    private Value Spectral(Affinity affinity, Value g)
    {
        IReadOnlyList<Value> terms = GraphFilter.Terms(affinity, g, outputs.Count, options.Basis);
        Value sum = Output(0, terms[0]);
        for (int k = 1; k < terms.Count; k++)
        {
            Value part = Output(k, terms[k]);
            sum = options.SubtractsNeighbours && k % 2 == 1 ? sum - part : sum + part;
        }

        return sum;
    }

    private Value Output(int number, Value table) => Positions.Through(outputs[number], table, options.Dimensions);

    private Value Embed(Conv convolution, Value x) => Positions.Flatten(Positions.Through(convolution, x, options.Dimensions));

    private Conv Convolution(int from, int to) => SpectralNonLocalBlock.Convolution(from, to, options);
}
