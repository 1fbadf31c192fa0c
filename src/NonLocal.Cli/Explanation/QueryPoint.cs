using System.Globalization;

namespace NonLocal.Cli.Explanation;

/// <summary>A pixel of a picture, or of a frame of a clip.</summary>
/// <param name="X">Its column, from 0.</param>
/// <param name="Y">Its row, from 0.</param>
/// <param name="Frame">The frame among those that the network sees, from 0.</param>
internal readonly record struct QueryPoint(int X, int Y, int Frame)
{
    /// <summary>Reads <c>x,y</c> or <c>x,y,t</c>.</summary>
    /// <exception cref="UsageException">Another form.</exception>
    public static QueryPoint Parse(string text)
    {
        string[] parts = text.Split(',');
        int[] numbers = new int[3];
        bool good = parts.Length is 2 or 3;
        for (int i = 0; good && i < parts.Length; i++)
        {
            good = int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]);
        }

        return good
            ? new QueryPoint(numbers[0], numbers[1], numbers[2])
            : throw new UsageException($"--at is '{text}', expected a column and a row, such as 12,20, or with a frame, 12,20,3.");
    }
}
