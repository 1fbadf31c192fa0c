using NonLocal.Formats.Tests.PyTorch;

namespace NonLocal.Formats.Tests;

public sealed class CheckpointReaderTests
{
    private static readonly byte[] Storage = [0, 0, 128, 63];

    [Fact]
    public void Read_SeveralDictionaries_AreListedAndTheKeyChooses()
    {
        byte[] file = Checkpoint(pickle =>
        {
            Entry(pickle, "model", "w");
            Entry(pickle, "ema.best", "e");
        });

        var error = Assert.Throws<FileFormatException>(() => Read(file));

        Assert.Equal(
            "the file holds 2 dictionaries of tensors; choose one by its key: \"model\" (1 tensors), \"ema.best\" (1 tensors)",
            error.Message);
        Assert.True(Read(file, "model").Contains("w"));
        Assert.True(Read(file, "ema.best").Contains("e"));
        Assert.Contains("\"other\"", Assert.Throws<FileFormatException>(() => Read(file, "other")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_DottedKey_LeadsThroughDictionaries()
    {
        byte[] file = Checkpoint(pickle =>
        {
            Entry(pickle, "x", "w");
            pickle.Text("a.b").Raw("}(");
            Entry(pickle, "c", "inner");
            pickle.Raw("u");
        });

        Assert.True(Read(file, "a.b.c").Contains("inner"));
    }

    [Fact]
    public void Read_OptimiserState_IsNotTakenForWeights()
    {
        byte[] file = Checkpoint(pickle =>
        {
            Entry(pickle, "state_dict", "w");
            pickle.Text("optimizer").Raw("}").Text("state").Raw("}K", 0).Raw("}").Text("exp_avg");
            Tensor(pickle).Raw("sss");
            pickle.Text("best_accuracy");
            Tensor(pickle);
        });

        Assert.Equal(["w"], Read(file).Select(tensor => tensor.Name));
    }

    [Fact]
    public void Read_OneTensorUnderManyNames_TakesNoMoreMemoryThanTheFileJustifies()
    {
        PickleBuilder pickle = new PickleBuilder().Raw("}");
        pickle.Tensor("FloatStorage", "0", 1, 0, new long[60], new long[60]).Raw("q", 0).Raw("0");
        for (int i = 0; i < 40_000; i++)
        {
            pickle.Text(i.ToString(System.Globalization.CultureInfo.InvariantCulture)).Raw("h", 0).Raw("s");
        }

        byte[] file = ZipBuilder.Checkpoint(pickle.Stop(), Storage);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<FileFormatException>(() => Read(file));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (2L * file.Length) + (16 << 20));
    }

    [Fact]
    public void Read_NumbersAmongTensors_AreNoStateDictionary()
    {
        byte[] file = Checkpoint(pickle =>
        {
            pickle.Text("w");
            Tensor(pickle).Text("epoch").Raw("K", 3);
        });

        Assert.Contains("no dictionary of tensors", Assert.Throws<FileFormatException>(() => Read(file)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("module.w", "module.b", "w")]
    [InlineData("module.w", "b", "module.w")]
    [InlineData("module.module.w", "module.b", "module.w")]
    public void Read_PrefixOfDataParallel_IsRemovedWhereAllNamesHaveIt(string first, string second, string expected)
    {
        var file = new TensorFile([StoredTensor.FromSingle(first, [1], [1f]), StoredTensor.FromSingle(second, [1], [2f])]);
        using var stream = new MemoryStream();
        Safetensors.Write(stream, file);

        TensorFile read = Read(stream.ToArray());

        Assert.Equal(expected, read[0].Name);
        Assert.Equal(1f, read[expected].ToSingle()[0]);
    }

    [Fact]
    public void Read_KeyForSafetensors_IsRefused()
    {
        using var stream = new MemoryStream();
        Safetensors.Write(stream, new TensorFile([]));

        Assert.Throws<FileFormatException>(() => Read(stream.ToArray(), "model"));
    }

    [Fact]
    public void Read_MissingFile_IsOneSentence()
    {
        var error = Assert.Throws<IOException>(() => CheckpointReader.Read("/missing/weights.pth"));

        Assert.Equal("/missing/weights.pth: there is no such folder", error.Message);
    }

    private static TensorFile Read(byte[] file, string? key = null) => CheckpointReader.Read(new MemoryStream(file), key);

    private static byte[] Checkpoint(Action<PickleBuilder> entries)
    {
        PickleBuilder pickle = new PickleBuilder().Raw("}(");
        entries(pickle);
        return ZipBuilder.Checkpoint(pickle.Raw("u").Stop(), Storage);
    }

    private static void Entry(PickleBuilder pickle, string key, string tensor)
    {
        pickle.Text(key).Raw("}").Text(tensor);
        Tensor(pickle).Raw("s");
    }

    private static PickleBuilder Tensor(PickleBuilder pickle) => pickle.Tensor("FloatStorage", "0", 1, 0, [1], [1]);
}
