namespace NonLocal.Vision.Pictures;

/// <summary>The checksum at the end of a zlib stream (RFC 1950).</summary>
internal static class Adler32
{
    /// <summary>The checksum of no bytes, to start from.</summary>
    public const uint Start = 1;

    private const uint Modulus = 65521;

    // The most bytes that can be summed before the second sum leaves 32 bits.
    private const int Run = 5552;

    /// <summary>The checksum of <paramref name="bytes"/>, continuing <paramref name="previous"/>.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes, uint previous)
    {
        uint first = previous & 0xFFFF;
        uint second = previous >> 16;
        while (!bytes.IsEmpty)
        {
            ReadOnlySpan<byte> run = bytes[..Math.Min(bytes.Length, Run)];
            foreach (byte value in run)
            {
                first += value;
                second += first;
            }

            first %= Modulus;
            second %= Modulus;
            bytes = bytes[run.Length..];
        }

        return (second << 16) | first;
    }
}
