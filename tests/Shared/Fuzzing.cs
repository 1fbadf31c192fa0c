using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using NonLocal.Formats;

namespace NonLocal.Testing;

/// <summary>
/// Feeds a reader with files that were whole once. It may accept what it gets or refuse it with one line of
/// <see cref="FileFormatException"/>; anything else is a failure.
/// </summary>
internal static class Fuzzing
{
    // A guard against hangs, far above what a small file needs on the slowest machine.
    private const double MaximumSeconds = 2;

    private static readonly long[] Interesting =
    [
        0, 1, -1, 2, 4, 7, 8, 16, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 100_000_000, 0x7FFFFFF, int.MaxValue, int.MinValue,
        uint.MaxValue, 1L << 40, long.MaxValue, long.MinValue,
    ];

    /// <summary>How many inputs a test tries: few in everyday runs, NONLOCAL_FUZZ_ITERATIONS=100000 in long ones.</summary>
    public static int Count(int everyday) =>
        int.TryParse(Environment.GetEnvironmentVariable("NONLOCAL_FUZZ_ITERATIONS"), CultureInfo.InvariantCulture, out int asked)
            ? asked
            : everyday;

    /// <summary>Runs the reader on mutated files and says how many it accepted and refused.</summary>
    /// <param name="corpus">Whole files; all of them have to be accepted as they are.</param>
    /// <param name="read">Reads all of a file.</param>
    /// <param name="count">Mutated inputs.</param>
    /// <param name="seed">The same seed gives the same inputs.</param>
    /// <param name="repair">Makes outer checksums right again, so that mutations reach what lies behind them.</param>
    /// <param name="allocationLimit">The most bytes that one input may make the reader allocate, whatever its size.</param>
    /// <param name="allocationFactor">And this many times its own size.</param>
    public static (int Accepted, int Refused) Run(
        IReadOnlyList<byte[]> corpus,
        Action<byte[]> read,
        int count,
        int seed = 1,
        Func<byte[], byte[]>? repair = null,
        long allocationLimit = 64L << 20,
        int allocationFactor = 0)
    {
        foreach (byte[] whole in corpus)
        {
            read(whole);
        }

        Random random = new(seed);
        int refused = 0;
        for (int i = 0; i < count; i++)
        {
            byte[] input = Mutate(corpus, random);
            input = repair is null ? input : repair(input);
            if (!Accepts(read, input, allocationLimit + ((long)allocationFactor * input.Length), $"input {i} of seed {seed}"))
            {
                refused++;
            }
        }

        return (count - refused, refused);
    }

    private static bool Accepts(Action<byte[]> read, byte[] input, long allocationLimit, string name)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        bool accepted = true;
        try
        {
            read(input);
        }
        catch (FileFormatException error)
        {
            Assert.False(error.Message.AsSpan().IndexOfAny('\r', '\n') >= 0, $"{name}: the message is more than one line: {error.Message}");
            Assert.InRange(error.Message.Length, 10, 500);
            accepted = false;
        }
        catch (Exception error)
        {
            Assert.Fail($"{name}: {error.GetType().Name} {error.Message}\n{error.StackTrace}\n{Convert.ToBase64String(input)}");
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(seconds <= MaximumSeconds, $"{name}: {seconds:F1} s for {input.Length} bytes\n{Convert.ToBase64String(input)}");
        Assert.True(
            allocated <= allocationLimit,
            $"{name}: {allocated} bytes allocated for {input.Length}\n{Convert.ToBase64String(input)}");
        return accepted;
    }

    private static byte[] Mutate(IReadOnlyList<byte[]> corpus, Random random)
    {
        List<byte> bytes = [.. corpus[random.Next(corpus.Count)]];
        for (int left = random.Next(1, 5); left > 0; left--)
        {
            MutateOnce(bytes, corpus, random);
        }

        return [.. bytes];
    }

    private static void MutateOnce(List<byte> bytes, IReadOnlyList<byte[]> corpus, Random random)
    {
        int at = random.Next(bytes.Count + 1);
        int length = Math.Min(bytes.Count - at, 1 << random.Next(0, 8));
        switch (random.Next(9))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2 when bytes.Count - at >= 8:
                WriteNumber(bytes, at, random);
                break;
            case 3:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 4:
                bytes.RemoveRange(at, length);
                break;
            case 5:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;
            case 6:
                byte[] other = corpus[random.Next(corpus.Count)];
                int from = random.Next(other.Length + 1);
                bytes.InsertRange(at, other.AsSpan(from, Math.Min(length, other.Length - from)).ToArray());
                break;
            case 7:
                ChangeDigit(bytes, at, random);
                break;
            default:
                byte[] noise = new byte[random.Next(1, 9)];
                random.NextBytes(noise);
                bytes.InsertRange(at, noise);
                break;
        }
    }

    // Sizes and offsets are numbers of 1 to 8 bytes in either byte order.
    private static void WriteNumber(List<byte> bytes, int at, Random random)
    {
        Span<byte> number = stackalloc byte[8];
        long value = Interesting[random.Next(Interesting.Length)];
        int width = 1 << random.Next(4);
        bool bigEndian = random.Next(2) == 0;
        BinaryPrimitives.WriteInt64LittleEndian(number, value);
        for (int i = 0; i < width; i++)
        {
            bytes[at + i] = number[bigEndian ? width - 1 - i : i];
        }
    }

    // In text formats they are digits.
    private static void ChangeDigit(List<byte> bytes, int at, Random random)
    {
        int digit = bytes.FindIndex(at, static value => char.IsAsciiDigit((char)value));
        if (digit >= 0)
        {
            bytes[digit] = (byte)('0' + random.Next(10));
        }
    }
}
