using System.Buffers.Binary;
using NonLocal.Formats.Reading;

namespace NonLocal.Formats;

/// <summary>Reads and writes safetensors files: a length, a JSON header, raw little-endian numbers.</summary>
/// <remarks>
/// Every rule of the format is enforced: the header is at most 100 MB and one JSON object without repeated keys, the tensors
/// fill the rest of the file exactly, without holes or overlap, and each has as many bytes as its shape and type say.
/// </remarks>
public static class Safetensors
{
    /// <summary>The longest header, in bytes, that the format allows.</summary>
    public const long MaximumHeaderBytes = 100_000_000;

    private const int LengthBytes = 8;

    /// <summary>Reads a file.</summary>
    /// <param name="path">A safetensors file.</param>
    /// <returns>All tensors, in the order of the header.</returns>
    /// <exception cref="FileFormatException">The content breaks a rule of the format or has a type that is not supported.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static TensorFile Read(string path) =>
        InputFile.Read(path, stream => Read(stream));

    /// <summary>Reads from a stream's position to its end.</summary>
    /// <param name="stream">Readable and seekable; stays open.</param>
    /// <returns>All tensors, in the order of the header.</returns>
    /// <exception cref="FileFormatException">The content breaks a rule of the format or has a type that is not supported.</exception>
    public static TensorFile Read(Stream stream) => Read(new ByteSource(stream));

    /// <summary>Reads from memory. See <see cref="Read(Stream)"/>.</summary>
    public static TensorFile Read(byte[] bytes) => Read(new MemoryStream(bytes, writable: false));

    /// <summary>Writes a file. It appears complete or not at all.</summary>
    /// <param name="path">Written to; an existing file is replaced.</param>
    /// <param name="file">The tensors; wide types come first in the data, so that all are aligned, and the header keeps the order.</param>
    /// <exception cref="ArgumentException">A name is not valid text, or reserved, or the header would be longer than 100 MB.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, TensorFile file) => AtomicFile.Write(path, stream => Write(stream, file));

    /// <summary>Writes to a stream, which stays open. See <see cref="Write(string, TensorFile)"/>.</summary>
    public static void Write(Stream stream, TensorFile file) => SafetensorsWriter.Write(stream, file);

    /// <summary>Whether a file that begins with these bytes looks like safetensors: a header length and a brace.</summary>
    internal static bool Recognises(ReadOnlySpan<byte> beginning) =>
        beginning.Length > LengthBytes
        && beginning[LengthBytes] == '{'
        && BinaryPrimitives.ReadUInt64LittleEndian(beginning) <= MaximumHeaderBytes;

    /// <summary>Reads a file whose reader keeps its own memory budget.</summary>
    internal static TensorFile Read(ByteSource source)
    {
        if (source.Length < LengthBytes)
        {
            throw new FileFormatException(
                $"not a safetensors file: it has {source.Length} bytes; expected at least {LengthBytes} (the header's"
                + " length)");
        }

        Span<byte> number = stackalloc byte[LengthBytes];
        source.Read(0, number, "the header's length");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(number);
        if (length > MaximumHeaderBytes || !source.Holds(LengthBytes, (long)length))
        {
            throw new FileFormatException(
                $"not a safetensors file, or truncated: bytes 0 to 7 say that the header has {length} bytes, but the"
                + $" file ends at byte {source.Length}"
                + $" and the limit is {MaximumHeaderBytes}");
        }

        byte[] header = source.Read(LengthBytes, (long)length, "the header");
        long dataStart = LengthBytes + header.Length;
        SafetensorsHeader parsed = SafetensorsHeader.Parse(header, source.Length - dataStart, source.Budget);
        var tensors = new StoredTensor[parsed.Entries.Count];
        for (int i = 0; i < tensors.Length; i++)
        {
            SafetensorsEntry entry = parsed.Entries[i];
            byte[] data = source.Read(dataStart + entry.Start, entry.End - entry.Start, $"tensor {Quoted.Name(entry.Name)}");
            tensors[i] = new StoredTensor(entry.Name, entry.Type, entry.Shape, data);
        }

        return new TensorFile(tensors, parsed.Metadata);
    }
}
