using System.Collections;
using System.Globalization;

namespace NonLocal.Tensors;

/// <summary>
/// The lengths of a tensor's axes, outermost first; the last axis is contiguous in memory. Also used for lists of axes and strides.
/// </summary>
/// <remarks>A feature map is <c>[batch, (time,) (height,) (width,) channels]</c>. A scalar has rank 0 and one element.</remarks>
[System.Runtime.CompilerServices.CollectionBuilder(typeof(Shape), nameof(From))]
public readonly struct Shape : IEquatable<Shape>, IEnumerable<int>
{
    private readonly int[]? lengths;

    /// <summary>A shape with the given axis lengths.</summary>
    public Shape(params ReadOnlySpan<int> lengths) => this.lengths = lengths.ToArray();

    /// <summary>The shape of one number: no axes.</summary>
    public static Shape Scalar => default;

    /// <summary>How many axes there are.</summary>
    public int Rank => lengths?.Length ?? 0;

    /// <summary>The product of all axis lengths.</summary>
    /// <exception cref="OverflowException">The product does not fit 63 bits.</exception>
    public long Count
    {
        get
        {
            long count = 1;
            foreach (int length in Span)
            {
                count = checked(count * length);
            }

            return count;
        }
    }

    /// <summary>The axis lengths.</summary>
    public ReadOnlySpan<int> Span => lengths;

    /// <summary>Length of the last axis (1 for a scalar): the channels of a feature map.</summary>
    public int Last => Rank == 0 ? 1 : this[^1];

    /// <summary>How many rows of <see cref="Last"/> elements there are.</summary>
    public long Rows => Rank == 0 ? 1 : Count / Math.Max(1, Last);

    /// <summary>The length of one axis; <c>^1</c> is the last.</summary>
    public int this[Index axis] => Span[axis];

    /// <summary>The axes in a range, as a shape.</summary>
    public Shape this[Range range] => new(Span[range]);

    /// <summary>Same axes, same lengths.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Not the same axes.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    /// <summary>A shape from its axis lengths (collection expressions call this).</summary>
    public static Shape From(ReadOnlySpan<int> lengths) => new(lengths);

    /// <summary>Reads <c>1x4x28x28x512</c>.</summary>
    /// <exception cref="FormatException">Not positive whole numbers with an x between them.</exception>
    public static Shape Parse(string text)
    {
        string[] parts = text.Split('x');
        int[] lengths = new int[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out lengths[i]) || lengths[i] < 1)
            {
                throw new FormatException(
                    $"Shape '{text}' is not made of positive whole numbers with an x between them, such as 1x28x28x512.");
            }
        }

        return new Shape(lengths);
    }

    /// <summary>The shape with one axis length replaced.</summary>
    public Shape With(Index axis, int length)
    {
        int[] copy = Span.ToArray();
        copy[axis] = length;
        return new Shape(copy);
    }

    /// <summary>The axes of this shape followed by those of another.</summary>
    public Shape Append(params ReadOnlySpan<int> more) => new([.. Span, .. more]);

    /// <inheritdoc/>
    public bool Equals(Shape other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (int length in Span)
        {
            hash.Add(length);
        }

        return hash.ToHashCode();
    }

    /// <summary>As in <c>1x4x28x28x512</c>; <c>scalar</c> for rank 0.</summary>
    public override string ToString() => Rank == 0 ? "scalar" : string.Join('x', lengths!);

    /// <inheritdoc/>
    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)(lengths ?? [])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
