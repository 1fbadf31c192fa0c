using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Models;

/// <summary>
/// AutoNL: mobile networks of inverted residual blocks whose lightweight non-local blocks were placed by search (Li et al., arXiv
/// 2004.01961).
/// </summary>
/// <remarks>
/// The two searched networks, with the names of meijieru/yet_another_mobilenet_series. Weights that were trained there need its divisor,
/// <see cref="LightDivisor.HeightOverWidth"/>, which the registry's models therefore have; a network of one's own is better off with the
/// paper's.
/// </remarks>
public sealed class AutoNonLocalNetwork : Classifier
{
    private const int Side = 224;
    private const int ShorterSide = 256;
    private const int ImageNetClasses = 1000;
    private const int StemChannels = 32;
    private const int HeadChannels = 1280;

    private readonly Sequential features;
    private readonly Sequential classifier;

    private AutoNonLocalNetwork(IReadOnlyList<Entry> entries, LightDivisor divisor, int classes, ModelInfo info)
        : base(info, classes)
    {
        List<Layer> layers = [InvertedResidual.ConvNormSwish(3, StemChannels, 3, 2)];
        int channels = StemChannels;
        foreach (Entry entry in entries)
        {
            LightNonLocalOptions? attention = entry.Ratio == 0
                ? null
                : new LightNonLocalOptions { Ratio = entry.Ratio, Stride = entry.KeyStride, Divisor = divisor };
            layers.Add(new InvertedResidual(
                new(channels, entry.Channels, entry.Expansion, entry.Kernel, entry.Stride, entry.Squeeze, attention)));
            channels = entry.Channels;
        }

        layers.Add(InvertedResidual.ConvNormSwish(channels, HeadChannels, 1));
        features = Register("features", new Sequential([.. layers]));
        Linear last = new(
            HeadChannels, classes, initializer: Initializers.Uniform(1 / Math.Sqrt(classes)), biasInitializer: Initializers.Zeros);
        classifier = Register("classifier", new Sequential(new Dropout(0.2), last));
    }

    /// <summary>AutoNL-S: 18 blocks, 7 of them with attention.</summary>
    /// <param name="name">The registry's name.</param>
    /// <param name="options">Classes and labels; the rest cannot be chosen.</param>
    /// <param name="divisor">What its attention divides by.</param>
    /// <exception cref="ArgumentException">An option that the network does not have.</exception>
    public static AutoNonLocalNetwork Small(
        string name, ModelOptions options, LightDivisor divisor = LightDivisor.HeightOverWidth) => Create(name, options, divisor,
    [
        new(1, 16, 1, 3), new(3, 24, 2, 3, 0.25), new(3, 24, 1, 3), new(3, 40, 2, 5, 0.25), new(3, 40, 1, 3, 0.25, 2), new(3, 40, 1, 3),
        new(6, 80, 2, 5, 0.25, 1, 0.25), new(3, 80, 1, 3, 0, 1, 0.5), new(3, 80, 1, 3, 0, 1, 0.5),
        new(6, 96, 1, 5, 0.25, 1, 0.25), new(3, 96, 1, 3, 0, 1, 0.5), new(3, 96, 1, 3, 0, 1, 0.5), new(3, 96, 1, 3, 0, 1, 0.5),
        new(6, 192, 2, 5, 0.25, 1, 0.25), new(3, 192, 1, 5, 0, 1, 0.5), new(3, 192, 1, 5, 0, 1, 0.5), new(3, 192, 1, 5, 0, 1, 0.5),
        new(6, 320, 1, 5, 0.25, 1, 0.5),
    ]);

    /// <summary>AutoNL-L: 21 blocks, 14 of them with attention. See <see cref="Small"/>.</summary>
    /// <param name="name">The registry's name.</param>
    /// <param name="options">Classes and labels; the rest cannot be chosen.</param>
    /// <param name="divisor">What its attention divides by.</param>
    /// <exception cref="ArgumentException">An option that the network does not have.</exception>
    public static AutoNonLocalNetwork Large(
        string name, ModelOptions options, LightDivisor divisor = LightDivisor.HeightOverWidth) => Create(name, options, divisor,
    [
        new(1, 16, 1, 3), new(3, 24, 2, 5, 0.25), new(3, 24, 1, 5), new(3, 24, 1, 3, 0.25, 2),
        new(6, 40, 2, 5, 0.25), new(3, 40, 1, 3, 0.25, 2), new(3, 40, 1, 3, 0.25, 2), new(3, 40, 1, 3, 0.25, 2),
        new(6, 80, 2, 5, 0.25), new(3, 80, 1, 3, 0, 1, 0.5), new(3, 80, 1, 3, 0, 1, 0.5), new(3, 80, 1, 3, 0.125, 2, 0.5),
        new(6, 96, 1, 5, 0.25, 1, 0.5), new(3, 96, 1, 5, 0, 1, 0.5), new(3, 96, 1, 5, 0, 1, 0.5), new(3, 96, 1, 3, 0.25, 2, 0.5),
        new(6, 192, 2, 5, 0.25, 1, 0.5), new(6, 192, 1, 5, 0.125, 1, 0.5), new(6, 192, 1, 5, 0.125, 1, 0.5), new(6, 192, 1, 5, 0, 1, 0.5),
        new(6, 320, 1, 5, 0.25, 1, 0.5),
    ]);

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value y = features.Forward(x);
        return classifier.Forward(y.Mean(1, 2).Reshape([y.Shape[0], y.Shape.Last]));
    }

    private static AutoNonLocalNetwork Create(string name, ModelOptions options, LightDivisor divisor, IReadOnlyList<Entry> entries)
    {
        if (options.Attention.Count > 0 || options.ZeroInitializeResidual == true || options.ReplaceStrideWithDilation is not null)
        {
            throw new ArgumentException($"{name} has its own attention, and neither zero-initialised residuals nor dilation.");
        }

        if (options.InputChannels != ModelInfo.Colours)
        {
            throw new ArgumentException($"{name} takes pictures of {ModelInfo.Colours} channels, not {options.InputChannels}.");
        }

        ModelInfo info = new(
            name, Side, Side, ModelInfo.ImageNetMean, ModelInfo.ImageNetDeviation, options.Labels ?? [], ShorterSide);
        return new AutoNonLocalNetwork(entries, divisor, options.ClassesOr(ImageNetClasses), info);
    }

    // One block: expansion, output channels, stride, kernel; share and stride of its attention (a share of 0: none); squeeze.
    private sealed record Entry(
        int Expansion, int Channels, int Stride, int Kernel, double Ratio = 0, int KeyStride = 1, double Squeeze = 0);
}
