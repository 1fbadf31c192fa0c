using NonLocal.Formats;
using NonLocal.Testing;

namespace NonLocal.Tests.Verification;

/// <summary>A golden file with something changed, in a temporary folder that goes with it.</summary>
internal sealed class AlteredFile : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("nonlocal-verify-").FullName;

    private AlteredFile(TensorFile file)
    {
        Path = System.IO.Path.Combine(folder, "altered.safetensors");
        Safetensors.Write(Path, file);
    }

    /// <summary>Where it lies.</summary>
    public string Path { get; }

    /// <summary>Every element of one tensor multiplied.</summary>
    public static AlteredFile Scaled(string golden, string tensor, double factor) =>
        Changed(golden, tensor, content => Array.ConvertAll(content, number => (float)(number * factor)));

    /// <summary>One tensor with other content.</summary>
    public static AlteredFile Changed(string golden, string tensor, Func<float[], float[]> change)
    {
        TensorFile file = Read(golden);
        Assert.True(file.Contains(tensor), $"{golden} has no {tensor}");
        return new AlteredFile(new TensorFile(
            file.Select(each => each.Name == tensor
                ? StoredTensor.FromSingle(tensor, [.. each.Shape], change(each.ToSingle()))
                : each),
            file.Metadata));
    }

    /// <summary>One text of the metadata replaced.</summary>
    public static AlteredFile WithMetadata(string golden, string key, string text)
    {
        TensorFile file = Read(golden);
        return new AlteredFile(new TensorFile(file, file.Metadata.Where(pair => pair.Key != key).Append(new(key, text))));
    }

    /// <summary>One tensor left out.</summary>
    public static AlteredFile Without(string golden, string tensor)
    {
        TensorFile file = Read(golden);
        return new AlteredFile(new TensorFile(file.Where(each => each.Name != tensor), file.Metadata));
    }

    /// <summary>One tensor under another name.</summary>
    public static AlteredFile Renamed(string golden, string tensor, string name)
    {
        TensorFile file = Read(golden);
        return new AlteredFile(new TensorFile(file.Select(each => each.Name == tensor ? each.WithName(name) : each), file.Metadata));
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static TensorFile Read(string golden) => Safetensors.Read(Fixtures.Path("goldens", golden));
}
