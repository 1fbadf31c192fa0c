using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using NonLocal.Formats;
using NonLocal.Vision.Pictures;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Datasets.Clips;

/// <summary>
/// A decoded video in a file: the mark, the header's length as a 32-bit number, the header, its SHA-256, and for each frame the samples
/// [height, width, 3] and their SHA-256. Or in place of the frames, in the header, the sentence that says why there are none.
/// </summary>
internal sealed class CachedClip : VideoSource
{
    // How much of a video is decoded together.
    private const int PieceBytes = 128 << 20;
    private const int MostHeaderBytes = 1 << 16;

    private readonly FileStream file;
    private readonly Header header;
    private readonly long start;

    private CachedClip(FileStream file, Header header, long start)
        : base(file.Name, ReadLimits.Default)
    {
        this.file = file;
        this.header = header;
        this.start = start;
    }

    /// <summary>Why there are no frames; null where there are.</summary>
    public string? Problem => header.Problem.Length > 0 ? header.Problem : null;

    /// <inheritdoc/>
    public override int Count => header.Count;

    /// <inheritdoc/>
    public override int Width => header.Width;

    /// <inheritdoc/>
    public override int Height => header.Height;

    /// <inheritdoc/>
    public override FrameRate? Rate => header.Rate.Numerator > 0 ? header.Rate : null;

    private static ReadOnlySpan<byte> Mark => "NLCLIP1\n"u8;

    /// <summary>Opens a file; null where there is none of this identity, or it is damaged.</summary>
    public static CachedClip? TryOpen(string path, string identity)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        FileStream file = InputFile.Open(path);
        byte[] start = new byte[Mark.Length + sizeof(int)];
        int length = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.AsSpan().StartsWith(Mark)
            ? BinaryPrimitives.ReadInt32LittleEndian(start.AsSpan(Mark.Length)) : -1;
        if (length is >= SHA256.HashSizeInBytes and <= MostHeaderBytes)
        {
            byte[] bytes = new byte[length];
            bool isRead = file.ReadAtLeast(bytes, length, throwOnEndOfStream: false) == length;
            if (isRead && Header.Parse(bytes) is { } header && header.Identity == identity
                && file.Length == start.Length + length + (header.Count * header.SlotBytes))
            {
                return new(file, header, start.Length + length);
            }
        }

        file.Dispose();
        return null;
    }

    /// <summary>Decodes a video into a file.</summary>
    public static void Write(string path, string identity, VideoSource video, int shorterSide)
    {
        (int width, int height) = Math.Min(video.Width, video.Height) <= shorterSide
            ? (video.Width, video.Height)
            : ClipTransform.Resized(video.Width, video.Height, shorterSide, (1, 1));
        Header header = new(identity, "", video.Count, width, height, video.Rate ?? default);
        AtomicFile.Write(path, stream =>
        {
            Begin(stream, header);
            foreach (VideoClip piece in Pieces(video))
            {
                for (int frame = 0; frame < piece.Count; frame++)
                {
                    byte[] samples = PictureTransform.Resize(piece.ToPicture(frame), width, height).Bytes;
                    stream.Write(samples);
                    stream.Write(SHA256.HashData(samples));
                }
            }
        });
    }

    /// <summary>Writes why a video has no frames.</summary>
    public static void Write(string path, string identity, string problem) =>
        AtomicFile.Write(path, stream => Begin(stream, new(identity, problem, 0, 0, 0, default)));

    /// <summary>All frames of a video, piece by piece.</summary>
    public static IEnumerable<VideoClip> Pieces(VideoSource video)
    {
        int together = (int)Math.Clamp(PieceBytes / ((long)video.Width * video.Height * 3), 1, video.Count);
        for (int first = 0; first < video.Count; first += together)
        {
            yield return video.Read(first, Math.Min(together, video.Count - first));
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            file.Dispose();
        }
    }

    /// <inheritdoc/>
    private protected override void Decode(ReadOnlySpan<int> frames, Span<byte> target)
    {
        Span<byte> sum = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> found = stackalloc byte[SHA256.HashSizeInBytes];
        foreach (int frame in frames)
        {
            Span<byte> samples = target[..(Width * Height * 3)];
            file.Position = start + (frame * header.SlotBytes);
            bool isWhole = file.ReadAtLeast(samples, samples.Length, throwOnEndOfStream: false) == samples.Length
                && file.ReadAtLeast(sum, sum.Length, throwOnEndOfStream: false) == sum.Length;
            SHA256.HashData(samples, found);
            if (!isWhole || !found.SequenceEqual(sum))
            {
                throw new FileFormatException($"frame {frame} of the cached video is damaged; delete the file, and run again");
            }

            target = target[samples.Length..];
        }
    }

    private static void Begin(Stream stream, Header header)
    {
        byte[] bytes = header.ToBytes();
        byte[] length = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        stream.Write(Mark);
        stream.Write(length);
        stream.Write(bytes);
    }

    private sealed record Header(string Identity, string Problem, int Count, int Width, int Height, FrameRate Rate)
    {
        public long SlotBytes => ((long)Width * Height * 3) + SHA256.HashSizeInBytes;

        public byte[] ToBytes()
        {
            using MemoryStream stream = new();
            using (BinaryWriter writer = new(stream, Encoding.UTF8, leaveOpen: true))
            {
                writer.Write(Identity);
                writer.Write(Problem);
                foreach (int number in (int[])[Count, Width, Height, Rate.Numerator, Rate.Denominator])
                {
                    writer.Write(number);
                }
            }

            stream.Write(SHA256.HashData(stream.GetBuffer().AsSpan(0, (int)stream.Length)));
            return stream.ToArray();
        }

        // The sum says that the rest is as it was written.
        public static Header? Parse(byte[] bytes)
        {
            int content = bytes.Length - SHA256.HashSizeInBytes;
            if (!SHA256.HashData(bytes.AsSpan(0, content)).AsSpan().SequenceEqual(bytes.AsSpan(content)))
            {
                return null;
            }

            using BinaryReader reader = new(new MemoryStream(bytes, 0, content), Encoding.UTF8);
            return new(
                reader.ReadString(),
                reader.ReadString(),
                reader.ReadInt32(),
                reader.ReadInt32(),
                reader.ReadInt32(),
                new(reader.ReadInt32(), reader.ReadInt32()));
        }
    }
}
