using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using NonLocal.Formats;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Datasets.Caching;

/// <summary>The file of a cache: a header, a sum for each chunk of pictures, and a slot of one size for each picture.</summary>
/// <remarks>
/// <para>
/// The mark, the header's length as a 32-bit number, the header, 32 bytes a chunk, the slots. A slot is a byte that is 0 and the samples
/// [height, width, 3], or 1 and the sentence that says why there are none.
/// </para>
/// <para>
/// A chunk is whole when the SHA-256 of the header, its number and its slots stands in its place. So nothing depends on the order in which
/// a disk keeps what was written: a file that was cut off anywhere has some chunks that are whole, and the others are made again.
/// </para>
/// </remarks>
internal sealed class CacheFile : IDisposable
{
    /// <summary>How large a chunk may be where nothing else is asked for: what is lost when filling is cut off, for each thread.</summary>
    public const int DefaultChunkBytes = 8 << 20;
    private const int SentenceBytes = 240;
    private const int Good = 0;
    private const int Bad = 1;

    private readonly SafeFileHandle handle;
    private readonly byte[] headerSum;
    private readonly int headerEnd;
    private readonly int inChunk;

    private CacheFile(SafeFileHandle handle, CacheHeader header, byte[] headerBytes, int chunkBytes)
    {
        this.handle = handle;
        Header = header;
        headerSum = headerBytes[^SHA256.HashSizeInBytes..];
        headerEnd = Mark.Length + sizeof(int) + headerBytes.Length;
        PictureBytes = checked(header.Width * header.Height * 3);
        SlotBytes = 1 + Math.Max(PictureBytes, SentenceBytes);
        inChunk = Math.Max(1, chunkBytes / SlotBytes);
    }

    /// <summary>What stands before the pictures.</summary>
    public CacheHeader Header { get; }

    /// <summary>How many chunks there are.</summary>
    public int Chunks => (Header.Labels.Length + inChunk - 1) / inChunk;

    private static ReadOnlySpan<byte> Mark => "NLPICS1\n"u8;

    private int PictureBytes { get; }

    private int SlotBytes { get; }

    private long Length => SlotPosition(Header.Labels.Length);

    /// <summary>Opens a file for reading; null where there is none of this identity, or its header is damaged.</summary>
    public static CacheFile? TryOpen(string path, string identity, int chunkBytes = DefaultChunkBytes)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        SafeFileHandle handle = OpenHandle(path, FileAccess.Read);
        CacheFile? file = Recognise(handle, identity, chunkBytes);
        if (file is null)
        {
            handle.Dispose();
        }

        return file;
    }

    /// <summary>Opens a file for nobody else but this process; what it holds of the same identity stays, anything else is wiped.</summary>
    /// <param name="path">The file, which need not be there.</param>
    /// <param name="header">What it has to begin with.</param>
    /// <param name="chunkBytes">How large a chunk may be.</param>
    public static CacheFile OpenToFill(string path, CacheHeader header, int chunkBytes = DefaultChunkBytes)
    {
        SafeFileHandle handle = OpenHandle(path, FileAccess.ReadWrite);
        if (Recognise(handle, header.Identity, chunkBytes) is { } begun)
        {
            return begun;
        }

        byte[] bytes = header.ToBytes();
        CacheFile file = new(handle, header, bytes, chunkBytes);
        byte[] start = new byte[file.headerEnd];
        Mark.CopyTo(start);
        BinaryPrimitives.WriteInt32LittleEndian(start.AsSpan(Mark.Length), bytes.Length);
        bytes.CopyTo(start, Mark.Length + sizeof(int));
        RandomAccess.SetLength(handle, 0);
        RandomAccess.SetLength(handle, file.Length);
        RandomAccess.Write(handle, start, 0);
        return file;
    }

    /// <summary>The first picture of a chunk and how many it has.</summary>
    public (int First, int Count) Chunk(int chunk)
    {
        int first = chunk * inChunk;
        return (first, Math.Min(inChunk, Header.Labels.Length - first));
    }

    /// <summary>Memory for a chunk.</summary>
    public byte[] NewChunk(int chunk) => new byte[Chunk(chunk).Count * SlotBytes];

    /// <summary>Puts a picture, or the sentence in its place, into the memory of a chunk.</summary>
    public void Put(Span<byte> chunk, int place, Picture? picture, string? problem)
    {
        Span<byte> slot = chunk.Slice(place * SlotBytes, SlotBytes);
        slot.Clear();
        if (picture is not null)
        {
            slot[0] = Good;
            picture.Bytes.CopyTo(slot[1..]);
            return;
        }

        slot[0] = Bad;
        Encoder encoder = Encoding.UTF8.GetEncoder();
        encoder.Convert(problem, slot[1..], flush: true, out _, out _, out _);
    }

    /// <summary>Writes a chunk and its sum.</summary>
    public void Write(int chunk, ReadOnlySpan<byte> content)
    {
        RandomAccess.Write(handle, content, SlotPosition(Chunk(chunk).First));
        RandomAccess.Write(handle, Sum(chunk, content), SumPosition(chunk));
    }

    /// <summary>Whether a chunk has the content that its sum was made of.</summary>
    /// <param name="chunk">Its number.</param>
    /// <param name="bad">Where it is whole: the pictures without samples, each with its sentence.</param>
    public bool IsWhole(int chunk, out List<(int Index, string Problem)> bad)
    {
        bad = [];
        byte[] content = NewChunk(chunk);
        byte[] sum = new byte[SHA256.HashSizeInBytes];
        (int first, int count) = Chunk(chunk);
        if (!Fill(content, SlotPosition(first)) || !Fill(sum, SumPosition(chunk)) || !Sum(chunk, content).AsSpan().SequenceEqual(sum))
        {
            return false;
        }

        for (int i = 0; i < count; i++)
        {
            if (content[i * SlotBytes] != Good)
            {
                bad.Add((first + i, Encoding.UTF8.GetString(content, (i * SlotBytes) + 1, SlotBytes - 1).TrimEnd('\0')));
            }
        }

        return true;
    }

    /// <summary>The samples of a picture that is good.</summary>
    /// <exception cref="FileFormatException">Somebody shortened the file while it was in use.</exception>
    public byte[] Samples(int index)
    {
        byte[] samples = new byte[PictureBytes];
        return Fill(samples, SlotPosition(index) + 1)
            ? samples
            : throw new FileFormatException("the cache of decoded pictures was shortened while it was in use", Header.Sources[index]);
    }

    /// <summary>Brings everything written to the disk.</summary>
    public void Flush() => RandomAccess.FlushToDisk(handle);

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    private static SafeFileHandle OpenHandle(string path, FileAccess access)
    {
        try
        {
            return access == FileAccess.Read
                ? File.OpenHandle(path, FileMode.Open, access, FileShare.Read | FileShare.Delete, FileOptions.RandomAccess)
                : File.OpenHandle(path, FileMode.OpenOrCreate, access, FileShare.None, FileOptions.RandomAccess);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"{path}: the cache cannot be opened; another run may be filling it, or the folder is not writable "
                + $"({error.Message.ReplaceLineEndings(" ")})",
                error);
        }
    }

    // Null where the file is another one; the handle stays open.
    private static CacheFile? Recognise(SafeFileHandle handle, string identity, int chunkBytes)
    {
        byte[] start = new byte[Mark.Length + sizeof(int)];
        int length = Fill(handle, start, 0) && start.AsSpan().StartsWith(Mark)
            ? BinaryPrimitives.ReadInt32LittleEndian(start.AsSpan(Mark.Length))
            : -1;
        if (length >= 0 && length <= RandomAccess.GetLength(handle) - start.Length)
        {
            byte[] bytes = new byte[length];
            if (Fill(handle, bytes, start.Length) && CacheHeader.Parse(bytes) is { } header && header.Identity == identity)
            {
                CacheFile file = new(handle, header, bytes, chunkBytes);
                if (RandomAccess.GetLength(handle) == file.Length)
                {
                    return file;
                }
            }
        }

        return null;
    }

    private static bool Fill(SafeFileHandle handle, Span<byte> target, long position)
    {
        while (!target.IsEmpty)
        {
            int read = RandomAccess.Read(handle, target, position);
            if (read == 0)
            {
                return false;
            }

            position += read;
            target = target[read..];
        }

        return true;
    }

    private bool Fill(Span<byte> target, long position) => Fill(handle, target, position);

    private long SumPosition(int chunk) => headerEnd + ((long)chunk * SHA256.HashSizeInBytes);

    private long SlotPosition(int index) => SumPosition(Chunks) + ((long)index * SlotBytes);

    private byte[] Sum(int chunk, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(number, chunk);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(headerSum);
        hash.AppendData(number);
        hash.AppendData(content);
        return hash.GetHashAndReset();
    }
}
