using NonLocal.Formats;
using NonLocal.Testing;
using NonLocal.Verification;

namespace NonLocal.Tests.Verification;

public class VerifierTests
{
    private static readonly string[] Folders =
    [
        "annnet",
        "ccnet",
        "emanet",
        "isanet",
        "pieces",
        "resnet",
        "nonlocal",
        "mmcv_nonlocal",
        "seed",
        "mmseg",
        "optim",
        "schedule",
        "train",
        "gcnet",
        "danet",
        "dmsanet",
        "snl",
        "a2net",
        "lightnl",
    ];

    [Theory]
    [MemberData(nameof(Files))]
    public void Verify_PublishedResults_AgreeInSingle(string file) => Agrees(file, VerificationPrecision.Single);

    [Theory]
    [MemberData(nameof(Files))]
    public void Verify_PublishedResults_AgreeInDouble(string file) => Agrees(file, VerificationPrecision.Double);

    [Theory]
    [MemberData(nameof(Variants))]
    public void Verify_OtherSettingsOfPyTorch_Agree(string file)
    {
        foreach (VerificationPrecision precision in Enum.GetValues<VerificationPrecision>())
        {
            VerificationResult result = Verifier.Verify(Fixtures.Path("torch", file), precision);
            Assert.True(result.Status == VerificationStatus.Agree, $"{precision}: {result.Status} {result.Worst} {result.Reason}");
        }
    }

    [Theory]
    [InlineData("padding", "\"around\"")]
    [InlineData("kernel_size", "[3, null]")]
    [InlineData("stride", "{}")]
    public void Verify_ConfigOfAnotherKind_IsUnsupportedAndNamesTheKey(string key, string value)
    {
        TensorFile file = Safetensors.Read(Fixtures.Path("goldens", "pieces", "conv2d_k3_p1.safetensors"));
        string config = "{\"in_channels\": 4, \"out_channels\": 6, \"kernel_size\": 3, \"" + key + "\": " + value + "}";
        Dictionary<string, string> metadata = new(file.Metadata) { ["config"] = config };
        VerificationResult result = Verifier.Verify("altered", new TensorFile(file, metadata));
        Assert.Equal(VerificationStatus.Unsupported, result.Status);
        Assert.Contains($"'{key}'", result.Reason, StringComparison.Ordinal);
    }

    public static TheoryData<string> Files() => [.. Names()];

    public static TheoryData<string> Variants() => [.. Fixtures.Names("*.safetensors", "torch")];

    internal static IEnumerable<string> Names()
    {
        foreach (string folder in Folders)
        {
            foreach (string path in Directory.GetFiles(Fixtures.Path("goldens", folder)).Order(StringComparer.Ordinal))
            {
                yield return $"{folder}/{Path.GetFileName(path)}";
            }
        }
    }

    private static void Agrees(string file, VerificationPrecision precision)
    {
        VerificationResult result = Verifier.Verify(Fixtures.Path("goldens", file), precision);
        Assert.True(result.Status == VerificationStatus.Agree, $"{result.Status} {result.Worst} {result.Reason}");
        Assert.NotEmpty(result.Tensors);
    }
}
