using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Models.Heads;

/// <summary>
/// What segmentation heads have in common: the choice of maps, dropout of whole channels, and the classifier <c>conv_seg</c>, a 1×1
/// convolution. open-mmlab/mmsegmentation's BaseDecodeHead.
/// </summary>
/// <remarks>Logits are as large as the map that is read. The classifier starts normal with deviation 0.01, its bias at 0.</remarks>
public abstract class DecodeHead : Layer
{
    private readonly DecodeHeadOptions options;
    private readonly Dropout dropout;
    private readonly Conv classifier;

    /// <summary>The classifier.</summary>
    /// <exception cref="ArgumentException">
    /// Lists of different lengths, several maps where one is read, or no channels or classes.
    /// </exception>
    private protected DecodeHead(DecodeHeadOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Channels, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Classes, 1, nameof(options));
        int maps = options.InputIndices.Count;
        if (maps == 0 || maps != options.InputChannels.Count || (options.Input == HeadInput.Single && maps > 1))
        {
            throw new ArgumentException(
                $"a head that reads {(options.Input == HeadInput.Single ? "one map" : "several maps")} was given "
                + $"{options.InputChannels.Count} numbers of channels and {maps} indices.");
        }

        this.options = options;
        dropout = Register("dropout", new Dropout(options.Dropout, wholeChannels: true));
        classifier = Register("conv_seg", new Conv(
            options.Channels, options.Classes, [1, 1], initializer: Initializers.Normal(0.01), biasInitializer: Initializers.Zeros));
    }

    /// <summary>Channels of what <see cref="Layer.Forward"/> is given: those of all maps together where they are concatenated.</summary>
    private protected int JoinedChannels => options.InputChannels.Sum();

    /// <summary>Logits [batch, height, width, classes] from the maps of a backbone, of which the head chooses its own.</summary>
    /// <param name="maps">[batch, height, width, channels], from the first stage to the last.</param>
    /// <exception cref="ArgumentException">Fewer maps than an index needs.</exception>
    /// <exception cref="ShapeException">A map has other channels than the head was made for.</exception>
    public Value Forward(IReadOnlyList<Value> maps)
    {
        using Graph.LayerScope scope = Enter(maps[0].Graph);
        return BuildFromMaps([.. options.InputIndices.Select(index => Choose(maps, index))]);
    }

    /// <summary>Logits from the chosen maps.</summary>
    private protected virtual Value BuildFromMaps(IReadOnlyList<Value> chosen) => Build(Join(chosen));

    /// <summary>Dropout and classifier: logits from a map of the head's channels.</summary>
    private protected Value Classify(Value x) => classifier.Forward(dropout.Forward(x));

    /// <summary>Throws unless this is a map of the channels that the head reads.</summary>
    private protected Value Expect(Value x) => x.Shape.Rank == 4 && x.Shape.Last == JoinedChannels
        ? x
        : throw new ShapeException(x.Graph.Layer, "head", $"expects a map [batch, height, width, {JoinedChannels}], got {x.Shape}.");

    private static Value Choose(IReadOnlyList<Value> maps, int index)
    {
        int place = index < 0 ? index + maps.Count : index;
        return place >= 0 && place < maps.Count
            ? maps[place]
            : throw new ArgumentException($"a head reads map {index}, but there are {maps.Count}.");
    }

    private Value Join(IReadOnlyList<Value> chosen)
    {
        Shape positions = chosen[0].Shape[1..^1];
        return chosen.Count == 1
            ? chosen[0]
            : chosen.Select(map => map.ResizeLinear(positions, options.AlignCorners)).ToArray().Concat(-1);
    }
}
