using NonLocal.Testing;

namespace NonLocal.Formats.Tests.PyTorch;

/// <summary>Files that PyTorch saved, damaged and hostile ones among them, each with its verdict.</summary>
public class GoldenCheckpointTests
{
    private const string HostileTrace = "/tmp/pwned";

    private static readonly (string File, string Values, string? Key)[] Good =
    [
        ("plain_dict_legacy.pth", "nl2d", null),
        ("wrapped_state_dict_legacy.pth", "nl2d", null),
        ("wrapped_model_zip.pth", "nl2d", null),
        ("wrapped_model_legacy.pth", "nl2d", null),
        ("wrapped_net_zip.pth", "nl2d", null),
        ("wrapped_net_legacy.pth", "nl2d", null),
        ("wrapped_module_prefix_legacy.pth", "nl2d", null),
        ("full_training_state_zip.pth", "nl2d", "state_dict"),
        ("full_training_state_legacy.pth", "nl2d", "state_dict"),
        ("parameters_zip.pth", "nl2d", null),
        ("parameters_legacy.pth", "nl2d", null),
        ("half_zip.pth", "half", null),
        ("bfloat16_zip.pth", "bfloat16", null),
        ("bfloat16_legacy.pth", "bfloat16", null),
        ("mixed_dtypes_zip.pth", "mixed", null),
        ("special_values_legacy.pth", "specials", null),
        ("noncontiguous_legacy.pth", "noncontiguous", null),
        ("resnet_blocks_legacy.pth", "blocks", null),
    ];

    private static readonly (string File, string Hint)[] Bad =
    [
        ("evil_os_system_legacy.pth", "posix.system"),
        ("evil_eval_zip.pth", ".eval"),
        ("evil_eval_legacy.pth", ".eval"),
        ("evil_exec_zip.pth", ".exec"),
        ("evil_popen_legacy.pth", "Popen"),
        ("evil_toplevel_zip.pth", "posix.system"),
        ("geom_offset_beyond_storage_zip.pth", "reaches beyond its storage of 12 elements: offset 11"),
        ("geom_negative_size_zip.pth", "[-3, 4]"),
        ("geom_huge_stride_zip.pth", "reaches beyond its storage"),
        ("geom_missing_record_zip.pth", "archive/data/7"),
        ("geom_traversal_key_zip.pth", "is not a number"),
        ("broken_pickle_empty_zip.pth", "ends after 0 bytes"),
        ("broken_stack_underflow_zip.pth", "more from the stack than is there"),
        ("broken_huge_string_len_zip.pth", "2147483647 bytes"),
        ("broken_huge_long_zip.pth", "2147483647 bytes"),
        ("broken_memo_bomb_zip.pth", "memo 2147483647 is over the limit"),
        ("broken_self_reference_zip.pth", "contains itself"),
        ("trunc_zip_half.pth", "truncated"),
        ("trunc_zip_eocd.pth", "truncated"),
        ("crc_mismatch_zip.pth", "checksum"),
        ("trunc_legacy_head.pth", "truncated"),
        ("bad_magic_legacy.pth", "magic number"),
        ("random.pth", "begins neither"),
        ("missing_storage_zip.pth", "state_dict_zip/data/3"),
        ("short_storage_zip.pth", "has 4 bytes"),
        ("bigendian_zip.pth", "byteorder"),
    ];

    public static IEnumerable<object?[]> GoodFiles => Good.Select(row => new object?[] { row.File, row.Values, row.Key });

    public static IEnumerable<object[]> BadFiles => Bad.Select(row => new object[] { row.File, row.Hint });

    [Fact]
    public void Verdicts_EveryCheckpointOfTheFolder_HasOne()
    {
        string[] judged = [.. Good.Select(row => row.File).Concat(Bad.Select(row => row.File)).Order(StringComparer.Ordinal)];

        Assert.Equal(Fixtures.Names("*.pth", "goldens", "checkpoints"), judged);
    }

    [Theory]
    [MemberData(nameof(GoodFiles))]
    public void Read_GoodFile_EveryTensorHasTheExpectedBits(string file, string values, string? key)
    {
        TensorFile expected = Safetensors.Read(Golden($"expected_{values}.safetensors"));

        AssertSameValues(expected, CheckpointReader.Read(Golden(file), key));
        AssertSameValues(expected, CheckpointReader.Read(Golden(file)));
    }

    [Theory]
    [MemberData(nameof(BadFiles))]
    public void Read_BadFile_IsRefusedInOneLine(string file, string hint)
    {
        var error = Assert.Throws<FileFormatException>(() => CheckpointReader.Read(Golden(file)));

        Assert.StartsWith($"{Golden(file)}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(hint, error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(HostileTrace), $"{file} was executed");
    }

    internal static string Golden(string file) => Fixtures.Path("goldens", "checkpoints", file);

    private static int[] Bits(StoredTensor tensor) => [.. tensor.ToSingle().Select(BitConverter.SingleToInt32Bits)];

    private static void AssertSameValues(TensorFile expected, TensorFile actual)
    {
        Assert.Equal(expected.Select(tensor => tensor.Name).Order(), actual.Select(tensor => tensor.Name).Order());
        foreach (StoredTensor tensor in expected)
        {
            StoredTensor read = actual[tensor.Name];
            Assert.Equal(tensor.Shape, read.Shape);
            if (tensor.Type == StoredType.F32)
            {
                // The expected values are widened: compare bits, so that not-a-numbers and the sign of zero count.
                Assert.Equal(Bits(tensor), Bits(read));
            }
            else
            {
                Assert.Equal(tensor.Type, read.Type);
                Assert.Equal(tensor.Data.ToArray(), read.Data.ToArray());
            }
        }
    }
}
