using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>
/// The non-local block: every position reads every position, z = x + W_z·y with y_i = (1/C(x)) Σ_j f(x_i, x_j)·g(x_j).
/// </summary>
/// <remarks>
/// Wang, Girshick, Gupta, He: Non-local Neural Networks, arXiv 1711.07971. One block serves signals [batch, width, C], pictures
/// [batch, height, width, C] and video [batch, time, height, width, C]. Its map of all pairs is never stored: softmax runs in tiles, the
/// dot product is multiplied in the cheaper order, concatenation is a sorted sweep. What is chosen in <see cref="NonLocalOptions"/> changes
/// the function, so weights need the options they were trained with; <see cref="NonLocalPresets"/> has those of the published
/// implementations.
/// </remarks>
public sealed class NonLocalBlock : Layer
{
    private readonly NonLocalOptions options;
    private readonly int channels;
    private readonly int innerChannels;
    private readonly Layer value;
    private readonly Conv? query;
    private readonly Conv? key;
    private readonly Layer? queryLayer;
    private readonly Layer? keyLayer;
    private readonly Conv? concatenation;
    private readonly Layer[] output;

    /// <summary>A block at the paper's defaults.</summary>
    /// <param name="channels">C, the channels of the map.</param>
    /// <param name="pairwise">How pairs of positions are weighted.</param>
    /// <param name="subsample">Pool keys and values after their embeddings.</param>
    public NonLocalBlock(int channels, Pairwise pairwise = Pairwise.EmbeddedGaussian, bool subsample = false)
        : this(
            channels,
            new NonLocalOptions { Pairwise = pairwise, Subsampling = subsample ? Subsampling.AfterEmbedding : Subsampling.None })
    {
    }

    /// <summary>A block with chosen options.</summary>
    /// <param name="channels">C, the channels of the map.</param>
    /// <param name="options">Everything else.</param>
    /// <exception cref="ArgumentOutOfRangeException">No channels, or kernels of other than 1 to 3 axes.</exception>
    public NonLocalBlock(int channels, NonLocalOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.InnerChannels ?? 1, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Dimensions, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Dimensions, 3, nameof(options));
        this.options = options;
        this.channels = channels;
        innerChannels = options.InnerChannels ?? Math.Max(channels / 2, 1);
        NonLocalNames names = NonLocalNames.Of(options);
        bool embedded = options.Pairwise != Pairwise.Gaussian;
        if (embedded && !names.OutputBeforeQuery)
        {
            (query, key) = (Embedding(), Embedding());
            (queryLayer, keyLayer) = (Place(names.Query, query), Place(names.Key, key));
        }

        value = Place(names.Value, Embedding());
        output = PlaceOutput(names);
        if (embedded && names.OutputBeforeQuery)
        {
            (query, key) = (Embedding(), Embedding());
            (queryLayer, keyLayer) = (Place(names.Query, query), Place(names.Key, key));
        }

        if (options.Pairwise == Pairwise.Concatenation)
        {
            // In every published implementation a 2-D convolution, whatever the map's axes.
            Place(names.Concatenation, concatenation = new Conv(2 * innerChannels, 1, [1, 1], bias: false, initializer: options.Weights));
        }
    }

    /// <summary>What the block was made with.</summary>
    public NonLocalOptions Options => options;

    /// <summary>
    /// The weights with which chosen positions read all keys: softmax rows, or the pairwise function over M. For looking at: only
    /// the rows are computed.
    /// </summary>
    /// <param name="x">The block's input.</param>
    /// <param name="queries">Positions, row-major over the spatial axes.</param>
    /// <returns>[batch, queries, M].</returns>
    /// <exception cref="ArgumentOutOfRangeException">A position that does not exist.</exception>
    public Value AttentionRows(Value x, params ReadOnlySpan<int> queries)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        Reading reading = Read(x);
        return Map(reading with { Query = Positions.Rows(reading.Query, queries) });
    }

    /// <summary>All rows of <see cref="AttentionRows"/>: [batch, N, M]. As large as it looks.</summary>
    public Value AttentionMap(Value x)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        return Map(Read(x));
    }

    /// <inheritdoc/>
    public override bool IsAttention => true;

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Reading reading = Read(x);
        Value y = options.Pairwise switch
        {
            Pairwise.DotProduct => PairwiseRules.DotProduct(reading.Query, reading.Key, reading.Value, options.Route),
            Pairwise.Concatenation => PairwiseRules.Concatenation(reading.Query, reading.Key, reading.Value, options.Route),
            _ => PairwiseRules.Softmax(reading.Query, reading.Key, reading.Value, reading.Scale, reading.KeyBias, options.Route),
        };
        foreach (Layer layer in output)
        {
            y = Positions.Through(layer, y, options.Dimensions);
        }

        return (y + Positions.Spread(x, options.Dimensions)).Reshape(x.Shape);
    }

    private Value Map(Reading reading) => options.Pairwise switch
    {
        Pairwise.DotProduct => PairwiseRules.DotProductMap(reading.Query, reading.Key),
        Pairwise.Concatenation => PairwiseRules.ConcatenationMap(reading.Query, reading.Key),
        _ => PairwiseRules.SoftmaxMap(reading.Query, reading.Key, reading.Scale, reading.KeyBias),
    };

    // Who reads (queries), by what (keys) and what (values), all as tables of positions.
    private Reading Read(Value x)
    {
        Positions.Check(x, channels, "non-local block");
        Value source = options.Subsampling == Subsampling.BeforeEmbedding ? Pool(x) : x;
        double scale = options.LogitScale.Resolve(channels, innerChannels);
        return options.Pairwise switch
        {
            Pairwise.Gaussian => ReadFeatures(x, source, scale),
            Pairwise.Concatenation => ReadColumns(x, source),
            _ => new Reading(Embed(queryLayer!, x, false), Embed(keyLayer!, source, true), Embed(value, source, true), scale, null),
        };
    }

    // The features themselves are compared; φ is the bare pool. −|x_i − x_j|² = 2·x_i·x_j − |x_j|² − |x_i|², and what depends on
    // i only cancels in the softmax.
    private Reading ReadFeatures(Value x, Value source, double scale)
    {
        Value keys = Positions.Flatten(options.Subsampling == Subsampling.AfterEmbedding ? Pool(source) : source);
        Value values = Embed(value, source, true);
        Value queries = Positions.Flatten(x);
        return options.Similarity == Similarity.DotProduct
            ? new Reading(queries, keys, values, scale, null)
            : new Reading(queries, keys, values, 2 * scale, keys.Square().Sum(-1) * -scale);
    }

    // w·[θ_i, φ_j] = a_i + b_j. Where nothing stands between φ and b, the two are multiplied into one vector first.
    private Reading ReadColumns(Value x, Value source)
    {
        bool pooled = options.Subsampling == Subsampling.AfterEmbedding;
        return new Reading(
            Column(query!, queryLayer!, x, 0, options.Route == Route.Automatic),
            Column(key!, keyLayer!, source, 1, options.Route == Route.Automatic && !pooled),
            Embed(value, source, true),
            1,
            null);
    }

    private Value Column(Conv convolution, Layer layer, Value x, int half, bool merged)
    {
        Graph graph = x.Graph;
        Value vector = Half(graph.Read(concatenation!.Weight), half);
        if (!merged)
        {
            return Embed(layer, x, half == 1).MatMul(vector);
        }

        Value weight = graph.Read(convolution.Weight).Reshape([channels, innerChannels]).MatMul(vector);
        Value bias = graph.Read(convolution.Bias!).Reshape([1, innerChannels]).MatMul(vector);
        return Positions.Flatten(x).MatMul(weight) + bias.Reshape([1]);
    }

    // The first half of the vector belongs to θ, the second to φ: [C′, 1].
    private Value Half(Value weight, int half) =>
        weight.Reshape([2, innerChannels]).SliceAxis(0, half, 1).Reshape([innerChannels, 1]);

    private Value Embed(Layer layer, Value x, bool keySide)
    {
        Value y = Positions.Through(layer, x, options.Dimensions);
        return keySide && options.Subsampling == Subsampling.AfterEmbedding
            ? Positions.Flatten(Pool(y.Reshape(x.Shape.With(^1, innerChannels))))
            : Positions.Flatten(y);
    }

    // By two along height and width; time stays. An odd last row or column is dropped.
    private static Value Pool(Value x)
    {
        Shape window = x.Shape.Rank == 5 ? [1, 2, 2] : [.. Enumerable.Repeat(2, x.Shape.Rank - 2)];
        return x.MaxPool(ConvolutionGeometry.Create(window, window));
    }

    private Conv Embedding() => Convolution(channels, innerChannels, true, options.Weights, options.Biases);

    private Conv Convolution(int from, int to, bool bias, Initializer weights, Initializer? biases)
    {
        Shape kernel = [.. Enumerable.Repeat(1, options.Dimensions)];
        return new Conv(from, to, kernel, bias: bias, initializer: weights, biasInitializer: biases);
    }

    private Layer[] PlaceOutput(NonLocalNames names)
    {
        bool zero = options.ZeroInitialised && !options.Norm;
        Conv convolution = Convolution(
            innerChannels,
            channels,
            !options.Norm || options.BiasBeforeNorm,
            zero ? Initializers.Zeros : options.Weights,
            zero ? Initializers.Zeros : options.Biases);
        if (!options.Norm)
        {
            return [Place(names.Output, convolution)];
        }

        BatchNorm norm = new(channels, options.NormEpsilon, initializer: options.ZeroInitialised ? Initializers.Zeros : Initializers.Ones);
        string[] outputPath = names.Output.Split('.');
        string[] normPath = names.Norm.Split('.');
        return outputPath.Length == 2 && outputPath[0] == normPath[0]
            ? [Register(outputPath[0], new Sequential((outputPath[1], convolution), (normPath[1], norm)))]
            : [Place(names.Output, convolution), Place(names.Norm, norm)];
    }

    // Registers a layer under a dotted path; what stands before the last dot becomes a sequence of one.
    private Layer Place(string path, Layer layer)
    {
        string[] parts = path.Split('.');
        for (int i = parts.Length - 1; i > 0; i--)
        {
            layer = new Sequential((parts[i], layer));
        }

        return Register(parts[0], layer);
    }

    private readonly record struct Reading(Value Query, Value Key, Value Value, double Scale, Value? KeyBias);
}
