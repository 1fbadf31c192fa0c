namespace NonLocal.Vision.Video;

/// <summary>Names in the order in which people count: frame2 before frame10. Equal numbers with other zeros are in ordinal order.</summary>
internal sealed class NaturalOrder : IComparer<string>
{
    /// <summary>The order.</summary>
    public static NaturalOrder Instance { get; } = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        ReadOnlySpan<char> left = x;
        ReadOnlySpan<char> right = y;
        while (!left.IsEmpty && !right.IsEmpty)
        {
            int leftDigits = Digits(left);
            int rightDigits = Digits(right);
            bool numbers = leftDigits > 0 && rightDigits > 0;
            int order = numbers ? CompareNumbers(left[..leftDigits], right[..rightDigits]) : left[0].CompareTo(right[0]);
            if (order != 0)
            {
                return order;
            }

            left = left[(numbers ? leftDigits : 1)..];
            right = right[(numbers ? rightDigits : 1)..];
        }

        int rest = left.Length.CompareTo(right.Length);
        return rest != 0 ? rest : string.CompareOrdinal(x, y);
    }

    private static int Digits(ReadOnlySpan<char> text)
    {
        int other = text.IndexOfAnyExceptInRange('0', '9');
        return other < 0 ? text.Length : other;
    }

    // Of any length: the longer number is the larger one.
    private static int CompareNumbers(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        left = left.TrimStart('0');
        right = right.TrimStart('0');
        return left.Length != right.Length ? left.Length.CompareTo(right.Length) : left.SequenceCompareTo(right);
    }
}
