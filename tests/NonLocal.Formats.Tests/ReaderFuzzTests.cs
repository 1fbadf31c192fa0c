using NonLocal.Formats.PyTorch;
using NonLocal.Formats.Tests.PyTorch;
using NonLocal.Testing;
using Xunit.Abstractions;

namespace NonLocal.Formats.Tests;

/// <summary>Damaged files: refused in one line or read, without a crash, a hang or more memory than the file justifies.</summary>
public class ReaderFuzzTests(ITestOutputHelper output)
{
    private const int Everyday = 2500;
    private const long FixedBytes = 16L << 20;

    [Fact]
    public void Safetensors_MutatedFiles_AreReadOrRefused() =>
        Run("safetensors", Corpus("checkpoints", "*.safetensors").Concat(
            [Read("safetensors_malformed", "ok.safetensors"), Read("safetensors_malformed", "ok_f16_bf16.safetensors")]), WidenAll);

    [Fact]
    public void PyTorchZip_MutatedFiles_AreReadOrRefused() =>
        Run("PyTorch zip", Whole("*_zip.pth"), ReadTree);

    [Fact]
    public void PyTorchZip_MutatedFilesWithRightChecksums_AreReadOrRefused() =>
        Run("PyTorch zip, checksums repaired", Whole("*_zip.pth"), ReadTree, ZipBuilder.WithRightChecksums);

    [Fact]
    public void PyTorchLegacy_MutatedFiles_AreReadOrRefused() =>
        Run("PyTorch legacy", Whole("*_legacy.pth"), ReadTree);

    [Fact]
    public void NumpyPickle_MutatedFiles_AreReadOrRefused() =>
        Run(
            "pickle of numpy's arrays",
            [
                NumpyPickle.Blobs(("conv1_w", [2, 3, 1, 1, 1], new float[6]), ("pred_b", [5], [1, 2, 3, 4, 5])),
                NumpyPickle.Blobs(("large_w", [40, 40], new float[1600])),
            ],
            ReadTree);

    [Fact]
    public void CheckpointReader_MutatedFilesOfAllKinds_AreReadOrRefused() =>
        Run(
            "checkpoint reader",
            Whole("*.pth").Concat(Corpus("checkpoints", "expected_*.safetensors")),
            WidenAll,
            ZipBuilder.WithRightChecksums);

    private void Run(string reader, IEnumerable<byte[]> corpus, Action<byte[]> read, Func<byte[], byte[]>? repair = null)
    {
        int count = Fuzzing.Count(Everyday);

        (int accepted, int refused) = Fuzzing.Run([.. corpus], read, count, seed: 20, repair, FixedBytes, allocationFactor: 2);

        output.WriteLine($"{reader}: {count} inputs, {accepted} accepted, {refused} refused");
        Assert.True(refused > count / 10, $"only {refused} of {count} inputs were refused: the mutations miss the reader");
    }

    // Files whose tree, all tensors of it, can be read.
    private static IEnumerable<byte[]> Whole(string pattern) =>
        Corpus("checkpoints", pattern).Where(file =>
        {
            try
            {
                ReadTree(file);
                return true;
            }
            catch (FileFormatException)
            {
                return false;
            }
        });

    private static void ReadTree(byte[] file)
    {
        using PyTorchCheckpoint checkpoint = PyTorchCheckpoint.Open(new MemoryStream(file, writable: false));
        Load(checkpoint.Root, new HashSet<object>(ReferenceEqualityComparer.Instance));
    }

    private static void Load(object? value, HashSet<object> seen)
    {
        switch (value)
        {
            case CheckpointTensor tensor:
                tensor.Load("tensor");
                break;
            case CheckpointList list when seen.Add(list):
                foreach (object? item in list)
                {
                    Load(item, seen);
                }

                break;
            case CheckpointDictionary dictionary when seen.Add(dictionary):
                foreach ((object _, object? item) in dictionary)
                {
                    Load(item, seen);
                }

                break;
        }
    }

    private static void WidenAll(byte[] file)
    {
        foreach (StoredTensor tensor in CheckpointReader.Read(new MemoryStream(file, writable: false)))
        {
            _ = tensor.ToSingle();
        }
    }

    private static byte[] Read(params string[] name) => File.ReadAllBytes(Fixtures.Path(["goldens", .. name]));

    private static IEnumerable<byte[]> Corpus(string folder, string pattern) =>
        Fixtures.Names(pattern, "goldens", folder).Select(name => Read(folder, name));
}
