using NonLocal.Formats.Reading;

namespace NonLocal.Formats.PyTorch;

/// <summary>A file of PyTorch's <c>torch.save</c> (.pth, .pt, .th, .bin), read as plain data. Nothing in the file is ever
/// executed.</summary>
/// <remarks>
/// Both containers are read: the zip archive (PyTorch 1.6 and later) and the one before it. Tensors read their numbers when asked, so
/// the checkpoint stays open until it is disposed. Only dense tensors, dictionaries, lists, numbers and texts are understood; a
/// file that names anything else is refused as a whole.
/// </remarks>
public sealed class PyTorchCheckpoint : IDisposable
{
    private readonly Stream? owned;

    private PyTorchCheckpoint(object? root, Stream? owned)
    {
        Root = root;
        this.owned = owned;
    }

    /// <summary>What was saved: most often a dictionary. For the kinds of values see <see cref="CheckpointDictionary"/>.</summary>
    public object? Root { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="path">A file of torch.save.</param>
    /// <exception cref="FileFormatException">Not such a file, truncated, corrupt, hostile, or with something that is not plain
    /// data.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static PyTorchCheckpoint Open(string path)
    {
        FileStream stream = InputFile.Open(path);
        try
        {
            return new PyTorchCheckpoint(Read(new ByteSource(stream)), stream);
        }
        catch (FileFormatException error)
        {
            stream.Dispose();
            throw error.In(path);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Opens what is left of a stream.</summary>
    /// <param name="stream">Readable and seekable; has to stay open as long as tensors are read, and is not closed.</param>
    /// <exception cref="FileFormatException">See <see cref="Open(string)"/>.</exception>
    public static PyTorchCheckpoint Open(Stream stream) => new(Read(new ByteSource(stream)), null);

    /// <summary>Closes the file. Tensors that were read stay valid.</summary>
    public void Dispose() => owned?.Dispose();

    /// <summary>The tree of a file whose reader keeps its own memory budget.</summary>
    internal static object? Read(ByteSource source)
    {
        const int TarMark = 257;
        Span<byte> beginning = stackalloc byte[(int)Math.Min(source.Length, TarMark + 5)];
        source.Read(0, beginning, "the beginning of the file");
        if (ZipDirectory.Recognises(beginning))
        {
            return ZipContainer.Read(source);
        }

        if (LegacyContainer.Recognises(beginning))
        {
            return LegacyContainer.Read(source);
        }

        throw new FileFormatException(beginning.Length > TarMark && beginning[TarMark..].SequenceEqual("ustar"u8)
            ? "this is the tar container of PyTorch 0.1.10 and before, which is not supported; load it in Python"
                + " with torch.load and save it again"
            : "the file begins neither as a zip archive, nor as a pickle, nor with a safetensors header; expected"
                + " weights of one of these kinds");
    }
}
