using System.Globalization;
using System.Text;

namespace NonLocal.Formats;

/// <summary>The arithmetic of shapes that come from files: checked, because a product may leave 64 bits.</summary>
internal static class TensorSize
{
    /// <summary>The number of elements of a shape.</summary>
    /// <returns>False for a negative size, more than <see cref="StoredTensor.MaximumRank"/> axes, or a product beyond 64 bits.</returns>
    public static bool TryCount(ReadOnlySpan<long> shape, out long count)
    {
        count = 0;
        if (shape.Length > StoredTensor.MaximumRank)
        {
            return false;
        }

        long product = 1;
        foreach (long size in shape)
        {
            if (size < 0 || Math.BigMul(product, size, out product) != 0 || product < 0)
            {
                return false;
            }
        }

        count = product;
        return true;
    }

    /// <summary>A shape for people: <c>[64, 3, 7, 7]</c>.</summary>
    public static string Text(ReadOnlySpan<long> shape)
    {
        const int Shown = 8;
        var text = new StringBuilder("[");
        for (int i = 0; i < Math.Min(shape.Length, Shown); i++)
        {
            text.Append(i == 0 ? "" : ", ").Append(shape[i].ToString(CultureInfo.InvariantCulture));
        }

        return text.Append(shape.Length > Shown ? ", …]" : "]").ToString();
    }
}
