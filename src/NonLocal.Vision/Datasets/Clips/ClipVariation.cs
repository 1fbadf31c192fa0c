namespace NonLocal.Vision.Datasets.Clips;

/// <summary>How clips to learn from vary from epoch to epoch. What is drawn is the same for all frames of a clip.</summary>
/// <remarks>
/// Beside this, a clip for training begins anywhere in its video, and its cut lies anywhere in its frames. All of it is a function of the
/// key, which is made of seed, epoch and sample (<see cref="Pictures.Augmentation"/>).
/// </remarks>
public sealed record ClipVariation
{
    /// <summary>
    /// The least and the largest length that the frames' shorter side is resized to; whole numbers between are equally likely. Null, the
    /// default: as for tests, <see cref="ClipInput.ShorterSide"/>. The paper on non-local networks draws from 256 to 320.
    /// </summary>
    public (int Least, int Largest)? ShorterSides { get; init; }

    /// <summary>Exchange left and right in half of all cases. Default false.</summary>
    public bool Flip { get; init; }

    /// <summary>Labels of classes that are never flipped, such as a wave to the left. Default none.</summary>
    public IReadOnlySet<int> NeverFlipped { get; init; } = new HashSet<int>();

    /// <summary>As of <see cref="Pictures.Augmentation.ColourJitter"/>; all frames alike. Default 0 each.</summary>
    public (float Brightness, float Contrast, float Saturation) ColourJitter { get; init; }

    internal void Check()
    {
        if (ShorterSides is { } sides && (sides.Least < 1 || sides.Largest < sides.Least))
        {
            throw new ArgumentException($"shorter sides from {sides.Least} to {sides.Largest}, expected two lengths, the least first");
        }
    }
}
