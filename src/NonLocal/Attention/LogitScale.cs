namespace NonLocal.Attention;

/// <summary>
/// What the scores are multiplied by before the softmax of the Gaussian functions. The paper has no such factor, most code has one: it
/// belongs to the weights.
/// </summary>
public sealed record LogitScale
{
    private readonly double factor;
    private readonly Func<int, int, int> width;

    private LogitScale(double factor, Func<int, int, int> width)
    {
        this.factor = factor;
        this.width = width;
    }

    /// <summary>1: the paper, AlexHex7.</summary>
    public static LogitScale None { get; } = Of(1);

    /// <summary>1/√(inner channels): video-nonlocal-net, SlowFast, mmcv.</summary>
    public static LogitScale InverseRootOfInnerChannels { get; } = new(1, (_, inner) => inner);

    /// <summary>1/√(channels): timm.</summary>
    public static LogitScale InverseRootOfChannels { get; } = new(1, (channels, _) => channels);

    /// <summary>An explicit number.</summary>
    public static LogitScale Of(double number) => new(number, (_, _) => 1);

    /// <summary>The number for a block's widths.</summary>
    /// <param name="channels">C.</param>
    /// <param name="innerChannels">C′.</param>
    public double Resolve(int channels, int innerChannels) => factor / Math.Sqrt(width(channels, innerChannels));
}
