using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using NonLocal.Formats;

namespace NonLocal.Training;

/// <summary>
/// A run's numbers as TensorBoard reads them. Like <see cref="TrainingLog"/>, resuming cuts the file back to the checkpoint's step.
/// </summary>
/// <remarks>
/// Records of TFRecord: the length as a 64-bit number, its masked CRC-32C, the record, its masked CRC-32C. A record is an Event of
/// tensorboard's <c>event.proto</c>: wall time (field 1, double), step (2, varint), and either the file's version (3, text) or a summary
/// (5) of values (1), each with a tag (1, text) and a number (2, float).
/// </remarks>
internal sealed class EventFile : IDisposable
{
    private const string Version = "brain.Event:2";
    private const int LengthBytes = sizeof(ulong);
    private const int SumBytes = sizeof(uint);
    private readonly FileStream file;
    private readonly TimeProvider clock;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file, in whose name TensorBoard looks for "tfevents"; made when it is missing.</param>
    /// <param name="step">Events of later steps are removed, and so is everything from the first damaged record on.</param>
    /// <param name="clock">Where the wall time comes from.</param>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    public EventFile(string path, long step, TimeProvider clock)
    {
        this.clock = clock;
        byte[] kept = step > 0 && File.Exists(path) ? Until(step, File.ReadAllBytes(path)) : [];
        AtomicFile.Write(path, stream => stream.Write(kept.Length > 0 ? kept : Record(Event(0, 3, Encoding.ASCII.GetBytes(Version)))));
        file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
    }

    /// <summary>Adds what the log has of a step.</summary>
    public void Write(long step, double loss, double rate, ClassifierMetrics? metrics)
    {
        using MemoryStream summary = new();
        Value(summary, "loss", loss);
        Value(summary, "rate", rate);
        if (metrics is { } found)
        {
            Value(summary, "evaluation/top1", found.Top1);
            Value(summary, "evaluation/top5", found.Top5);
            Value(summary, "evaluation/loss", found.Loss);
        }

        file.Write(Record(Event(step, 5, summary.ToArray())));
        file.Flush();
    }

    /// <summary>Waits until all events are on the disk.</summary>
    public void FlushToDisk() => file.Flush(flushToDisk: true);

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    // The CRC-32C of TFRecord: turned by 15 bits, and moved, because sums of sums are weak.
    private static uint MaskedSum(ReadOnlySpan<byte> bytes)
    {
        uint sum = uint.MaxValue;
        foreach (byte value in bytes)
        {
            sum = BitOperations.Crc32C(sum, value);
        }

        return BitOperations.RotateRight(~sum, 15) + 0xA282EAD8;
    }

    private static byte[] Until(long step, ReadOnlySpan<byte> bytes)
    {
        int end = 0;
        while (TryRecord(bytes[end..], out ReadOnlySpan<byte> record, out int length) && StepOf(record) <= step)
        {
            end += length;
        }

        return bytes[..end].ToArray();
    }

    private static bool TryRecord(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> record, out int length)
    {
        record = default;
        length = 0;
        int around = LengthBytes + (2 * SumBytes);
        if (bytes.Length < around || MaskedSum(bytes[..LengthBytes]) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[LengthBytes..]))
        {
            return false;
        }

        ulong size = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        if (size > (ulong)(bytes.Length - around))
        {
            return false;
        }

        record = bytes.Slice(LengthBytes + SumBytes, (int)size);
        length = around + (int)size;
        return MaskedSum(record) == BinaryPrimitives.ReadUInt32LittleEndian(bytes[(length - SumBytes)..]);
    }

    // As this class writes events: the wall time, nine bytes, then the step unless it is 0.
    private static long StepOf(ReadOnlySpan<byte> record)
    {
        const int stepKey = 2 << 3;
        if (record.Length < 10 || record[9] != stepKey)
        {
            return 0;
        }

        ulong step = 0;
        int shift = 0;
        foreach (byte part in record[10..])
        {
            step |= (ulong)(part & 0x7F) << shift;
            shift += 7;
            if (part < 0x80)
            {
                break;
            }
        }

        return (long)step;
    }

    private static byte[] Record(ReadOnlySpan<byte> content)
    {
        byte[] record = new byte[LengthBytes + SumBytes + content.Length + SumBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(LengthBytes), MaskedSum(record.AsSpan(0, LengthBytes)));
        content.CopyTo(record.AsSpan(LengthBytes + SumBytes));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(record.Length - SumBytes), MaskedSum(content));
        return record;
    }

    private byte[] Event(long step, int field, ReadOnlySpan<byte> content)
    {
        using MemoryStream message = new();
        Span<byte> time = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(time, (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds);
        Key(message, 1, 1);
        message.Write(time);
        if (step > 0)
        {
            Key(message, 2, 0);
            Varint(message, (ulong)step);
        }

        Bytes(message, field, content);
        return message.ToArray();
    }

    private static void Value(MemoryStream summary, string tag, double number)
    {
        using MemoryStream value = new();
        Bytes(value, 1, Encoding.UTF8.GetBytes(tag));
        Span<byte> single = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(single, (float)number);
        Key(value, 2, 5);
        value.Write(single);
        Bytes(summary, 1, value.ToArray());
    }

    private static void Bytes(MemoryStream message, int field, ReadOnlySpan<byte> content)
    {
        Key(message, field, 2);
        Varint(message, (ulong)content.Length);
        message.Write(content);
    }

    private static void Key(MemoryStream message, int field, int kind) => Varint(message, (ulong)((field << 3) | kind));

    private static void Varint(MemoryStream message, ulong number)
    {
        while (number >= 0x80)
        {
            message.WriteByte((byte)(number | 0x80));
            number >>= 7;
        }

        message.WriteByte((byte)number);
    }
}
