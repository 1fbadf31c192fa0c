using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using NonLocal.Formats;

namespace NonLocal.Training;

/// <summary>Safetensors files that carry the SHA-256 of their whole content, so that any changed byte is noticed.</summary>
/// <remarks>
/// The sum stands in the metadata, as 64 lower-case digits. It is the sum of the file with zeros in their place, so that header, names and
/// numbers are all covered, and any reader of safetensors reads the file.
/// </remarks>
internal static class SealedFile
{
    private const string Key = "content_sha256";
    private const int Digits = 64;
    private const int LengthBytes = 8;
    private const int ChunkBytes = 1 << 20;

    private static byte[] Mark { get; } = Encoding.ASCII.GetBytes($"\"{Key}\":\"");

    /// <summary>Writes a file, complete or not at all.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, TensorFile file)
    {
        TensorFile marked = new(file, file.Metadata.Prepend(new(Key, new string('0', Digits))));
        AtomicFile.Write(path, stream =>
        {
            Safetensors.Write(stream, marked);
            (string sum, int place) = SumOf(stream);
            stream.Position = place;
            stream.Write(Encoding.ASCII.GetBytes(sum));
        });
    }

    /// <summary>Reads a file after comparing its sum.</summary>
    /// <exception cref="FileFormatException">It is damaged, or no file of this kind.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static TensorFile Read(string path) => InputFile.Read(path, stream =>
    {
        (string sum, int place) = SumOf(stream);
        byte[] written = new byte[Digits];
        stream.Position = place;
        stream.ReadExactly(written);
        if (Encoding.ASCII.GetString(written) != sum)
        {
            throw new FileFormatException("the file is damaged: its content does not have the SHA-256 that stands in it");
        }

        stream.Position = 0;
        return Safetensors.Read(stream);
    });

    // The sum of the stream with zeros for the digits, and where these are.
    private static (string Sum, int Place) SumOf(Stream stream)
    {
        stream.Position = 0;
        byte[] start = new byte[LengthBytes];
        long rest = stream.Length - LengthBytes;
        if (rest < 0)
        {
            throw new FileFormatException($"the file has {stream.Length} bytes; expected a checkpoint");
        }

        stream.ReadExactly(start);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (length > (ulong)Math.Min(rest, Safetensors.MaximumHeaderBytes))
        {
            throw new FileFormatException($"the file is damaged: its header would have {length} bytes");
        }

        byte[] header = new byte[length];
        stream.ReadExactly(header);
        int place = header.AsSpan().IndexOf(Mark) + Mark.Length;
        if (place < Mark.Length || place + Digits > header.Length)
        {
            throw new FileFormatException($"no {Key} stands in the file; expected a checkpoint of a training run");
        }

        header.AsSpan(place, Digits).Fill((byte)'0');
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(start);
        hash.AppendData(header);
        byte[] chunk = new byte[ChunkBytes];
        for (int read = stream.Read(chunk); read > 0; read = stream.Read(chunk))
        {
            hash.AppendData(chunk, 0, read);
        }

        return (Convert.ToHexStringLower(hash.GetHashAndReset()), LengthBytes + place);
    }
}
