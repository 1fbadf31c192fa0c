namespace NonLocal.Formats.Reading;

/// <summary>The memory that one file justifies: twice its size and 16 MB, whatever its lengths and shapes claim.</summary>
/// <remarks>
/// Readers charge everything they are about to keep or to throw away again; small things are charged by what they roughly
/// cost. A margin is left for what is not charged: buffers, errors, the reader itself.
/// </remarks>
internal sealed class ReadBudget(long fileBytes)
{
    /// <summary>The most one byte of file may cost.</summary>
    public const long Factor = 2;

    /// <summary>What a file of any size may cost on top.</summary>
    public const long FixedBytes = 16L << 20;

    private const long Margin = 1L << 20;

    private long left = (Factor * fileBytes) + FixedBytes - Margin;

    /// <summary>Takes bytes from the budget.</summary>
    /// <param name="bytes">Not negative.</param>
    /// <param name="what">What needs them: the subject of the error's sentence.</param>
    /// <exception cref="FileFormatException">The file does not justify that much memory.</exception>
    public void Charge(long bytes, string what)
    {
        if (bytes > left)
        {
            throw new FileFormatException(
                $"{what} would need more memory than a file of {fileBytes} bytes justifies; expected at most {Factor}"
                + " x its size + 16 MB in all");
        }

        left -= bytes;
    }
}
