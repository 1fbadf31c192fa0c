namespace NonLocal.Vision.Denoising;

/// <summary>The ends of a scale of samples.</summary>
/// <param name="Low">The least sample.</param>
/// <param name="High">The largest.</param>
public readonly record struct SampleRange(double Low, double High)
{
    /// <summary>Of samples of 8 bits: 0 to 255.</summary>
    public static SampleRange Bytes { get; } = new(byte.MinValue, byte.MaxValue);
}
