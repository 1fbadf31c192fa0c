using NonLocal.Testing;
using NonLocal.Verification;

namespace NonLocal.Tests.Verification;

public class VerifierTests
{
    [Theory]
    [MemberData(nameof(Files))]
    public void Verify_PublishedResults_AgreeInSingle(string file) => Agrees(file, VerificationPrecision.Single);

    [Theory]
    [MemberData(nameof(Files))]
    public void Verify_PublishedResults_AgreeInDouble(string file) => Agrees(file, VerificationPrecision.Double);

    public static TheoryData<string> Files() => [.. Names()];

    internal static IEnumerable<string> Names()
    {
        foreach (string folder in new[] { "pieces", "resnet", "nonlocal", "mmcv_nonlocal", "seed" })
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
