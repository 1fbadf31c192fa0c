using NonLocal.Vision.Video;

namespace NonLocal.Vision.Datasets.Clips;

/// <summary>One video as a set of its own, whose class nobody knows.</summary>
/// <param name="path">What <see cref="VideoFile.Open"/> takes.</param>
/// <param name="limits">What the file may ask for, or null for <see cref="ReadLimits.Default"/>.</param>
public sealed class SingleVideo(string path, ReadLimits? limits = null) : ClipSet
{
    /// <inheritdoc/>
    public override string Kind => "a video";

    /// <inheritdoc/>
    public override int Count => 1;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames { get; } = ["unknown"];

    /// <inheritdoc/>
    public override int Label(int index) => 0;

    /// <inheritdoc/>
    public override string Source(int index) => path;

    /// <inheritdoc/>
    public override VideoSource Open(int index) => VideoFile.Open(path, limits);
}
