using NonLocal.Formats.PyTorch;
using NonLocal.Formats.Reading;

namespace NonLocal.Formats;

/// <summary>Reads the weights in a file of any known kind: safetensors, or PyTorch's own of any age.</summary>
/// <remarks>The content decides which kind it is, not the file's name.</remarks>
public static class CheckpointReader
{
    private const string DataParallelPrefix = "module.";

    // What a tensor costs beside its name and data, twice where the prefix is removed.
    private const int EntryBytes = 400;

    /// <summary>Reads the one dictionary of tensors in a file.</summary>
    /// <param name="path">A safetensors file or a file of torch.save.</param>
    /// <param name="key">
    /// Which dictionary of a PyTorch file, with dots between keys (<c>ema.state_dict</c>). Null, the default, where there is only
    /// one that texts lead to; an optimiser's tensors, which lie under numbers, do not count.
    /// </param>
    /// <returns>The tensors, without the prefix <c>module.</c> where all names have it. Metadata only from safetensors.</returns>
    /// <exception cref="FileFormatException">Bad content, or no dictionary, or several where <paramref name="key"/> is null.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static TensorFile Read(string path, string? key = null) =>
        InputFile.Read(path, stream => Read(stream, key));

    /// <summary>Reads from a stream's position to its end. See <see cref="Read(string, string?)"/>.</summary>
    /// <param name="stream">Readable and seekable; stays open.</param>
    /// <param name="key">Which dictionary, or null for the only one.</param>
    /// <exception cref="FileFormatException">Bad content, or no dictionary, or several where <paramref name="key"/> is null.</exception>
    public static TensorFile Read(Stream stream, string? key = null)
    {
        const int Looked = 9;
        var source = new ByteSource(stream);
        Span<byte> beginning = stackalloc byte[(int)Math.Min(source.Length, Looked)];
        source.Read(0, beginning, "the beginning of the file");
        if (!Safetensors.Recognises(beginning))
        {
            return WithoutPrefix(ReadPyTorch(source, key));
        }

        return key is null
            ? WithoutPrefix(Safetensors.Read(source))
            : throw new FileFormatException(
                $"a safetensors file has no dictionaries inside, so the key {Quoted.Name(key)} chooses nothing; leave"
                + " it out");
    }

    private static TensorFile ReadPyTorch(ByteSource source, string? key)
    {
        CheckpointDictionary dictionary = StateDictionary.Choose(PyTorchCheckpoint.Read(source), key);
        var tensors = new List<StoredTensor>(dictionary.Count);
        foreach ((object name, object? value) in dictionary)
        {
            // Thousands of names may mention one tensor.
            var tensor = (CheckpointTensor)value!;
            source.Budget.Charge(EntryBytes + (16L * tensor.Shape.Count), "the list of tensors");
            tensors.Add(tensor.Load((string)name));
        }

        return new TensorFile(tensors);
    }

    // What DataParallel wraps around a model.
    private static TensorFile WithoutPrefix(TensorFile file)
    {
        bool wrapped = file.Count > 0 && file.All(tensor =>
            tensor.Name.StartsWith(DataParallelPrefix, StringComparison.Ordinal) && tensor.Name.Length > DataParallelPrefix.Length);
        return wrapped
            ? new TensorFile(file.Select(tensor => tensor.WithName(tensor.Name[DataParallelPrefix.Length..])), file.Metadata)
            : file;
    }
}
