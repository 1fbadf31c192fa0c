using System.Numerics;
using System.Text;
using NonLocal.Formats.PyTorch;

namespace NonLocal.Formats.Tests.PyTorch;

public sealed class PyTorchCheckpointTests
{
    [Fact]
    public void Open_PlainData_BecomesATreeOfPlainData()
    {
        byte[] pickle = new PickleBuilder().Raw("}(")
            .Text("none").Raw("N").Text("yes").Raw(0x88).Text("small").Raw("K", 200).Text("negative").Raw(0x8A, 1, 0xFE)
            .Text("large").Raw([0x8A, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1]).Text("half").Raw([(byte)'G', 0x3F, 0xE0, 0, 0, 0, 0, 0, 0])
            .Text("list").Raw("](").Text("é😀").Raw("K", 1).Raw("e").Text("pair").Raw("K", 1).Raw("K", 2).Raw(0x86)
            .Text("bytes").Name("_codecs", "encode").Text("a\u00FF").Text("latin1").Raw([0x86, (byte)'R'])
            .Raw("K", 7).Raw("}").Raw("u").Stop();

        var root = Assert.IsType<CheckpointDictionary>(Open(pickle));

        Assert.Null(Value("none"));
        Assert.Equal(true, Value("yes"));
        Assert.Equal(200L, Value("small"));
        Assert.Equal(-2L, Value("negative"));
        Assert.Equal(BigInteger.One << 64, Value("large"));
        Assert.Equal(0.5, Value("half"));
        Assert.Equal(["é😀", 1L], Assert.IsType<CheckpointList>(Value("list")));
        Assert.Equal([1L, 2L], Assert.IsType<CheckpointList>(Value("pair")));
        Assert.Equal(new byte[] { (byte)'a', 255 }, Value("bytes"));
        Assert.IsType<CheckpointDictionary>(Value(7L));

        object? Value(object key) => root.TryGet(key, out object? value) ? value : throw new KeyNotFoundException();
    }

    [Fact]
    public void Open_AttributesNumpyNumbersAndCounters_AreData()
    {
        byte[] pickle = new PickleBuilder().Raw("}(")
            .Text("args").Name("argparse", "Namespace").Raw([(byte)')', 0x81, (byte)'}']).Text("lr").Raw("K", 3).Raw("sb")
            .Text("best").Name("numpy.core.multiarray", "scalar").Name("numpy", "dtype").Text("f8").Raw([0x89, 0x88, 0x87, (byte)'R'])
            .Raw("(K", 3).Text("<").Raw("NNNtb").Raw([(byte)'C', 8, 0, 0, 0, 0, 0, 0, 0xE0, 0x3F]).Raw([0x86, (byte)'R'])
            .Text("milestones").Name("collections", "Counter").Raw("}K", 9).Raw("K", 1).Raw("s").Raw([0x85, (byte)'R'])
            .Text("device").Name("torch", "device").Text("cuda").Raw("K", 1).Raw([0x86, (byte)'R'])
            .Text("type").Name("torch", "float16").Raw("u").Stop();

        var root = (CheckpointDictionary)Open(pickle)!;

        Assert.True(root.TryGetDictionary("args", out CheckpointDictionary? arguments));
        Assert.True(arguments.TryGet("lr", out object? rate));
        Assert.Equal(3L, rate);
        Assert.True(root.TryGet("best", out object? best));
        Assert.Equal(0.5, best);
        Assert.True(root.TryGetDictionary("milestones", out CheckpointDictionary? milestones));
        Assert.True(milestones.TryGet(9L, out object? _));
        Assert.True(root.TryGet("device", out object? device));
        Assert.Equal("cuda:1", device);
        Assert.True(root.TryGet("type", out object? type));
        Assert.Equal("torch.float16", type);
    }

    [Fact]
    public void Open_UntypedStorageOfANewFile_HasTheTypeItNames()
    {
        byte[] pickle = new PickleBuilder().Name("torch._utils", "_rebuild_tensor_v3").Raw("((").Text("storage")
            .Name("torch.storage", "UntypedStorage").Text("0").Text("cpu").Number(6).Raw("tQ").Number(1)
            .Number(2).Raw(0x85).Number(1).Raw(0x85, 0x89)
            .Name("collections", "OrderedDict").Raw(")R").Name("torch", "uint16").Raw("tR").Stop();

        byte[] file = ZipBuilder.Checkpoint(pickle, [1, 0, 2, 0, 255, 255]);
        using PyTorchCheckpoint checkpoint = PyTorchCheckpoint.Open(new MemoryStream(file));
        StoredTensor tensor = Assert.IsType<CheckpointTensor>(checkpoint.Root).Load("t");

        Assert.Equal(StoredType.U16, tensor.Type);
        Assert.Equal([2L, 65535L], tensor.ToInt64());
    }

    public static IEnumerable<object[]> Hostile() =>
    [
        ["an unknown name", new PickleBuilder().Name("os", "system").Text("id").Raw([0x85, (byte)'R']), "\"os.system\" is not on the list"],
        ["an unknown name as two texts", new PickleBuilder().Text("os").Text("system").Raw(0x93), "\"os.system\" is not on the list"],
        ["an instruction that is not data", new PickleBuilder().Raw("(ios\nsystem\n"), "0x69"],
        ["a text that is called", new PickleBuilder().Text("a").Raw(")R"), "called that is not a name"],
        ["an entry set in a list", new PickleBuilder().Raw("]NNs"), "not a dictionary"],
        ["an entry without a value", new PickleBuilder().Raw("}(Nu"), "not a dictionary"],
        ["an item appended to a tuple", new PickleBuilder().Raw(")Na"), "not a list"],
        ["a list as a key", new PickleBuilder().Raw("}]Ns"), "neither text"],
        ["state of a text", new PickleBuilder().Text("a").Raw("}b"), "state is set"],
        ["taking from under a mark", new PickleBuilder().Raw("NN(0"), "more from the stack"],
        ["a mark never set", new PickleBuilder().Raw("Nt"), "mark"],
        ["a memo never set", new PickleBuilder().Raw("h", 3), "memo 3"],
        ["a stack without end", new PickleBuilder().Raw(new string('N', 20_000)), "10000 items"],
        ["marks without end", new PickleBuilder().Raw(new string('(', 20_000)), "10000 items"],
        ["deep lists", new PickleBuilder().Raw(new string(']', 80) + new string('a', 79)), "nested more than 64 deep"],
        ["a list inside itself", new PickleBuilder().Raw("]q", 0).Raw("h", 0).Raw("a"), "contains itself"],
        ["a dictionary inside itself", new PickleBuilder().Raw("}q", 0).Raw("K", 1).Raw("h", 0).Raw("s"), "contains itself"],
        ["a second protocol", new PickleBuilder().Raw(0x80, 2), "0x80"],
        ["an old protocol 9", new PickleBuilder().Raw("N"), null!],
        ["a name that is data", new PickleBuilder().Name("collections", "OrderedDict"), "stands alone"],
        ["a storage that is data", Storage("FloatStorage", "0", 1), "storage stands alone"],
        ["8-bit floats", new PickleBuilder().Name("torch", "float8_e5m2"), "\"torch.float8_e5m2\" is a kind of tensor that is not"],
        ["complex numbers", Storage("ComplexFloatStorage", "0", 1), "not supported"],
        ["a negative number of elements", Storage("FloatStorage", "0", -1), "not negative"],
        ["more elements than bytes", Storage("FloatStorage", "0", 3), "has 8 bytes"],
        ["elements beyond 64 bits", Storage("FloatStorage", "0", long.MaxValue), "not negative"],
        ["a path as a storage", Storage("FloatStorage", "../0", 1), "is not a number"],
        ["more sizes than strides", Tensor(2, 0, [1, 1], [1]), "2 sizes and 1 strides"],
        ["a negative stride", Tensor(2, 1, [2], [-1]), "reaches beyond"],
        ["a negative offset", Tensor(2, -1, [1], [1]), "reaches beyond"],
        ["an offset beyond the end", Tensor(2, 2, [1], [1]), "reaches beyond"],
        ["a single number beyond the end", Tensor(2, 2, [], []), "reaches beyond"],
        ["elements beyond the end", Tensor(2, 0, [2], [2]), "reaches beyond"],
        ["a product beyond 64 bits", Tensor(2, 0, [1L << 40, 1L << 40], [0, 0]), "below 2^63"],
    ];

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Open_HostilePickle_IsRefused(string what, object pickle, string? hint)
    {
        byte[] bytes = ((PickleBuilder)pickle).Stop();
        if (hint is null)
        {
            bytes[1] = 9;
            hint = "protocol 2 to 5";
        }

        var error = Assert.Throws<FileFormatException>(() => Open(bytes, new byte[8]));

        Assert.True(error.Message.Contains(hint, StringComparison.Ordinal), $"{what}: {error.Message}");
    }

    [Theory]
    [InlineData("}0", 1_000_000)]
    [InlineData("]0", 1_000_000)]
    [InlineData("(t0", 500_000)]
    [InlineData("J\u0001\u0002\u0003\u00040", 300_000)]
    [InlineData("X\u0000\u0000\u0000\u00000", 300_000)]
    [InlineData("ccollections\nOrderedDict\n)R0", 60_000)]
    public void Open_GarbageWithoutEnd_TakesNoMoreMemoryThanTheFileJustifies(string instructions, int times)
    {
        byte[] file = ZipBuilder.Checkpoint(new PickleBuilder().Raw(string.Concat(Enumerable.Repeat(instructions, times))).Raw("N").Stop());
        var stream = new MemoryStream(file);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Exception? error = Record.Exception(() => PyTorchCheckpoint.Open(stream));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (2L * file.Length) + (16 << 20));
        Assert.True(error is null or FileFormatException, error?.ToString());
    }

    [Theory]
    [InlineData("ctorch\nSize\nh\u0000\u0085R0")]
    [InlineData("ccollections\nOrderedDict\nh\u0000\u0085R0")]
    [InlineData("c__builtin__\nset\nh\u0000\u0085R0")]
    public void Open_OneListCopiedWithoutEnd_IsRefused(string copy)
    {
        string pairs = string.Concat(Enumerable.Repeat("))\u0086", 4000));
        string pickle = "](" + pairs + "eq\u0000" + string.Concat(Enumerable.Repeat(copy, 5_000));
        byte[] file = ZipBuilder.Checkpoint(new PickleBuilder().Raw(pickle).Stop());
        long before = GC.GetAllocatedBytesForCurrentThread();

        var error = Assert.Throws<FileFormatException>(() => PyTorchCheckpoint.Open(new MemoryStream(file)));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (2L * file.Length) + (16 << 20));
        Assert.Contains("memory", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void KeyComparer_NumbersOfOneSystemHash_HaveDifferentHashes()
    {
        long[] keys = [.. Enumerable.Range(1, 1000).Select(half => ((long)half << 32) | (long)half)];
        Assert.Single(keys.Select(key => key.GetHashCode()).Distinct());

        Assert.InRange(keys.Select(key => KeyComparer.Instance.GetHashCode(key)).Distinct().Count(), 990, 1000);
        Assert.InRange(
            keys.Select(key => KeyComparer.Instance.GetHashCode(BitConverter.Int64BitsToDouble(key))).Distinct().Count(), 990, 1000);
        Assert.Equal(KeyComparer.Instance.GetHashCode(0.0), KeyComparer.Instance.GetHashCode(-0.0));
    }

    [Fact]
    public void Open_LongKeyMentionedAgain_IsRefused()
    {
        byte[] pickle = new PickleBuilder().Raw("}").Text(new string('k', 2000)).Raw("Ns").Stop();

        Assert.Contains("at most 1024", Assert.Throws<FileFormatException>(() => Open(pickle)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ManyMemosAndEntries_TakeNoMoreMemoryThanTheFileJustifies()
    {
        var pickle = new PickleBuilder().Raw("}");
        for (int i = 0; i < 300_000; i++)
        {
            byte[] number = [(byte)i, (byte)(i >> 8), (byte)(i >> 16), 0];
            pickle.Raw("J").Raw(number).Raw("r").Raw(number).Raw("Ns");
        }

        byte[] file = ZipBuilder.Checkpoint(pickle.Stop());
        long before = GC.GetAllocatedBytesForCurrentThread();

        var error = Assert.Throws<FileFormatException>(() => PyTorchCheckpoint.Open(new MemoryStream(file)));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (2L * file.Length) + (16 << 20));
        Assert.Contains("memory", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ListsThatDoubleFortyTimes_AreSharedNotCopied()
    {
        var pickle = new PickleBuilder().Raw("]");
        for (byte i = 0; i < 40; i++)
        {
            pickle.Raw("q", i).Raw("](h", i).Raw("h", i).Raw("e");
        }

        CheckpointList list = Assert.IsType<CheckpointList>(Open(pickle.Stop()));

        Assert.Same(list[0], list[1]);
    }

    [Fact]
    public void Load_OneNumberRepeatedABillionTimes_IsRefused()
    {
        byte[] file = ZipBuilder.Checkpoint(Tensor(2, 0, [1000, 1000, 400], [0, 0, 0]).Stop(), new byte[8]);
        using PyTorchCheckpoint checkpoint = PyTorchCheckpoint.Open(new MemoryStream(file));
        var tensor = (CheckpointTensor)checkpoint.Root!;

        var error = Assert.Throws<FileFormatException>(() => tensor.Load("w"));

        Assert.Contains("tensor \"w\" of shape [1000, 1000, 400] would need more memory", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_TwoTensorsOfOneStorage_ShareItsMemory()
    {
        byte[] pickle = new PickleBuilder().Raw("(")
            .Tensor("FloatStorage", "0", 4, 0, [2, 2], [2, 1]).Tensor("FloatStorage", "0", 4, 2, [1, 2], [9, 1]).Raw("t").Stop();
        using PyTorchCheckpoint checkpoint = PyTorchCheckpoint.Open(new MemoryStream(ZipBuilder.Checkpoint(pickle, new byte[16])));
        var pair = (CheckpointList)checkpoint.Root!;

        StoredTensor whole = ((CheckpointTensor)pair[0]!).Load("whole");
        StoredTensor part = ((CheckpointTensor)pair[1]!).Load("part");

        Assert.True(whole.Data.Span[8..].Overlaps(part.Data.Span, out int offset) && offset == 0);
    }

    [Fact]
    public void Open_OtherKindsOfFiles_AreNamed()
    {
        byte[] tar = new byte[512];
        "ustar"u8.CopyTo(tar.AsSpan(257));

        AssertRefused(tar, "tar container");
        AssertRefused([], "begins neither");
        AssertRefused(ZipBuilder.Archive(("readme.txt", [])), "no file <name>/data.pkl");
        AssertRefused(ZipBuilder.Archive(("a/data.pkl", []), ("b/data.pkl", [])), "more than one file <name>/data.pkl");
        AssertRefused(ZipBuilder.Archive(("a/data.pkl", []), ("a/constants.pkl", [])), "TorchScript");
        AssertRefused(ZipBuilder.Archive(("a/data.pkl", []), ("a/data.pkl", [])), "two files named");
    }

    [Fact]
    public void Open_ArchiveWith64BitSizes_IsRead()
    {
        byte[] pickle = Tensor(2, 1, [1], [1]).Stop();
        byte[] file = ZipBuilder.Archive(wide: true, ("a/data.pkl", pickle), ("a/data/0", [0, 0, 0, 0, 0, 0, 128, 63]));
        using PyTorchCheckpoint checkpoint = PyTorchCheckpoint.Open(new MemoryStream(file));

        Assert.Equal([1f], ((CheckpointTensor)checkpoint.Root!).Load("one").ToSingle());
    }

    [Fact]
    public void Open_CompressedArchive_IsRefused()
    {
        byte[] archive = ZipBuilder.Checkpoint(new PickleBuilder().Raw("N").Stop());
        int entry = archive.AsSpan().LastIndexOf(Encoding.Latin1.GetBytes("PK\u0001\u0002"));
        archive[entry + 10] = 8;

        AssertRefused(archive, "compressed");
    }

    private static void AssertRefused(byte[] file, string hint)
    {
        var error = Assert.Throws<FileFormatException>(() => PyTorchCheckpoint.Open(new MemoryStream(file)));
        Assert.Contains(hint, error.Message, StringComparison.Ordinal);
    }

    private static object? Open(byte[] pickle, params byte[][] storages)
    {
        using PyTorchCheckpoint checkpoint = PyTorchCheckpoint.Open(new MemoryStream(ZipBuilder.Checkpoint(pickle, storages)));
        return checkpoint.Root;
    }

    private static PickleBuilder Storage(string type, string key, long count) =>
        new PickleBuilder().Raw("(").Text("storage").Name("torch", type).Text(key).Text("cpu").Number(count).Raw("tQ");

    private static PickleBuilder Tensor(long count, long offset, long[] shape, long[] strides) =>
        new PickleBuilder().Tensor("FloatStorage", "0", count, offset, shape, strides);
}
