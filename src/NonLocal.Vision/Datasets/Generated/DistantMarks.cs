using NonLocal.Tensors.Runtime;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Datasets.Generated;

/// <summary>
/// Pictures with two marks that lie far apart: class "match" if both are of one kind, "differ" if not. No window that holds only
/// one mark says anything about the class: in both classes each mark has every kind equally often, at places drawn before the class.
/// </summary>
/// <remarks>
/// A network whose last features each see one mark at most, summed over the picture and followed by a threshold, adds one number u for
/// the first mark's kind to one v for the second's. If the matches of two kinds lie above the threshold, u(a) + v(a) and u(b) + v(b), so
/// does at least one of u(a) + v(b) and u(b) + v(a), which differ. So it is right in at most 3/4 of all cases, and in at most
/// 1/2 + kinds / (8 (kinds - 1)), 67 % for 4 kinds, where u = v because it cannot tell one place from another. Cross entropy does not
/// even lead there: among such sums its least value is that of a guess, because no mark alone says anything. To do better, information
/// has to travel between the marks.
/// </remarks>
public sealed class DistantMarks : PictureSet
{
    private static readonly ulong MarkPurpose = RandomStream.PurposeOf("distant marks");
    private static readonly ulong ClutterPurpose = RandomStream.PurposeOf("distant marks: clutter");
    private static readonly ulong NoisePurpose = RandomStream.PurposeOf("distant marks: noise");

    private readonly ulong seed;
    private readonly DistantMarksOptions options;

    /// <summary>Describes a set; pictures are drawn when they are read, each by its number alone.</summary>
    /// <param name="count">Pictures, at least 1; even numbers are of class "differ", odd ones of class "match".</param>
    /// <param name="seed">Another seed gives other pictures; use another for evaluation than for training.</param>
    /// <param name="options">Difficulty, or null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">Options that leave no room for the marks.</exception>
    public DistantMarks(int count, ulong seed, DistantMarksOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        this.options = options ?? new();
        this.options.Check();
        this.seed = seed;
        Count = count;
    }

    /// <inheritdoc/>
    public override string Kind => "generated distant marks";

    /// <inheritdoc/>
    public override int Count { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames { get; } = ["differ", "match"];

    /// <inheritdoc/>
    public override int Label(int index) => index % 2;

    /// <inheritdoc/>
    public override string Source(int index) => $"distant marks, seed {seed}: picture {index}";

    /// <summary>The marks of a picture: their kinds, and the pixels of their centres.</summary>
    /// <param name="index">The picture's number.</param>
    public (Mark First, Mark Second) Marks(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        RandomStream stream = new(seed, MarkPurpose, (uint)index);
        int kind = Below(stream, 0, options.Kinds);
        int other = Label(index) == 1 ? kind : (kind + 1 + Below(stream, 1, options.Kinds - 1)) % options.Kinds;

        // Drawn without the class, until the marks are far enough apart.
        for (int element = 2; ; element += 4)
        {
            Mark first = new(kind, Place(stream, element), Place(stream, element + 1));
            Mark second = new(other, Place(stream, element + 2), Place(stream, element + 3));
            if (Math.Max(Math.Abs(first.X - second.X), Math.Abs(first.Y - second.Y)) >= options.Distance)
            {
                return (first, second);
            }
        }
    }

    /// <summary>Draws picture <paramref name="index"/>: RGB, <see cref="DistantMarksOptions.Size"/> pixels wide and high.</summary>
    /// <param name="index">The picture's number.</param>
    public override Picture Read(int index)
    {
        (Mark first, Mark second) = Marks(index);
        float[] canvas = new float[options.Size * options.Size * 3];
        MarkPainter painter = new(canvas, options);
        painter.Background(new(seed, ClutterPurpose, (uint)index));
        painter.Draw(first);
        painter.Draw(second);
        painter.Noise(new(seed, NoisePurpose, (uint)index));

        Picture picture = new(options.Size, options.Size, 3);
        for (int i = 0; i < canvas.Length; i++)
        {
            picture.Bytes[i] = (byte)Math.Clamp(MathF.Round(canvas[i]), 0, 255);
        }

        return picture;
    }

    internal static int Below(RandomStream stream, int element, int count) =>
        Math.Min(count - 1, (int)(stream.UniformAt(element) * count));

    private int Place(RandomStream stream, int element) =>
        (options.MarkSize / 2) + Below(stream, element, options.Size - options.MarkSize + 1);
}

/// <summary>A mark in a picture of <see cref="DistantMarks"/>.</summary>
/// <param name="Kind">0 up to the number of kinds.</param>
/// <param name="X">The column of its centre.</param>
/// <param name="Y">The row of its centre.</param>
public readonly record struct Mark(int Kind, int X, int Y);
