using NonLocal.Testing;
using NonLocal.Verification;

namespace NonLocal.Tests.Verification;

public class VerifierControlTests
{
    private const string Convolution = "pieces/conv2d_k3_p1.safetensors";

    [Theory]
    [InlineData("output", 1.0001)]
    [InlineData("grad_input", 1.001)]
    [InlineData("grad.weight", 1.001)]
    [InlineData("grad.bias", -1)]
    [InlineData("param.weight", 1.001)]
    [InlineData("input", 1.001)]
    [InlineData("grad_output", 1.001)]
    public void Verify_OneTensorPerturbed_Differs(string tensor, double factor)
    {
        foreach (VerificationPrecision precision in Enum.GetValues<VerificationPrecision>())
        {
            using AlteredFile altered = AlteredFile.Scaled(Convolution, tensor, factor);
            VerificationResult result = Verifier.Verify(altered.Path, precision);
            Assert.Equal(VerificationStatus.Differ, result.Status);
            Assert.False(result.Worst!.Agrees);
        }
    }

    [Theory]
    [InlineData("attention", 1.001)]
    [InlineData("after.W.1.running_mean", 1.001)]
    [InlineData("after.W.1.running_var", 1.001)]
    [InlineData("after.W.1.num_batches_tracked", 2)]
    [InlineData("param.W.1.running_var", 1.01)]
    [InlineData("grad.theta.weight", 1.01)]
    public void Verify_OneTensorOfATrainedBlockPerturbed_Differs(string tensor, double factor)
    {
        using AlteredFile altered = AlteredFile.Scaled("nonlocal/embedded_gaussian_2d_sub_bn_train.safetensors", tensor, factor);
        Assert.Equal(VerificationStatus.Differ, Verifier.Verify(altered.Path).Status);
        Assert.Equal(VerificationStatus.Differ, Verifier.Verify(altered.Path, VerificationPrecision.Double).Status);
    }

    [Theory]
    [InlineData("analytically_zero_grads")]
    [InlineData("reference_grad_none")]
    public void Verify_GradientThatShouldBeZeroAndIsNot_Differs(string list)
    {
        using AlteredFile altered = AlteredFile.WithMetadata(Convolution, list, "[\"weight\"]");
        VerificationResult result = Verifier.Verify(altered.Path);
        Assert.Equal(VerificationStatus.Differ, result.Status);
        Assert.Equal("grad.weight", result.Worst!.Tensor);
        Assert.Equal(5e-5, result.Worst.Tolerance);
    }

    [Fact]
    public void Verify_GradientThatIsZeroByMathematicsButNotListed_Differs()
    {
        using AlteredFile altered = AlteredFile.WithMetadata(
            "nonlocal/embedded_gaussian_2d_sub_bn_train.safetensors", "analytically_zero_grads", "[]");
        Assert.Equal(VerificationStatus.Differ, Verifier.Verify(altered.Path).Status);
    }

    [Fact]
    public void Verify_StatisticsThatTheReferenceLeftAlone_Differ()
    {
        using AlteredFile altered = AlteredFile.Without("pieces/batchnorm2d_train.safetensors", "after.running_var");
        VerificationResult result = Verifier.Verify(altered.Path);
        Assert.Equal(VerificationStatus.Differ, result.Status);
        Assert.Equal("param.running_var", result.Worst!.Tensor);
    }

    [Fact]
    public void Verify_StepsInARow_NamesTheStepThatDiffers()
    {
        using AlteredFile altered = AlteredFile.Scaled(
            "pieces/batchnorm2d_three_steps_then_eval.safetensors", "after1.running_mean", 1.001);
        Assert.Equal("after1.running_mean", Verifier.Verify(altered.Path).Worst!.Tensor);
        using AlteredFile last = AlteredFile.Scaled("pieces/batchnorm2d_three_steps_then_eval.safetensors", "output.eval", 1.001);
        Assert.Equal("output.eval", Verifier.Verify(last.Path).Worst!.Tensor);
    }

    [Fact]
    public void Verify_OneOutputPerturbed_NamesItAsTheWorst()
    {
        using AlteredFile altered = AlteredFile.Scaled(Convolution, "output", 1.0001);
        TensorComparison worst = Verifier.Verify(altered.Path).Worst!;
        Assert.Equal("output", worst.Tensor);
        Assert.Equal(1e-4, worst.Error, 1e-6);
        Assert.Equal(5e-6, worst.Tolerance);
    }

    [Fact]
    public void Verify_OutputNotANumber_Differs()
    {
        using AlteredFile altered = AlteredFile.Changed(Convolution, "output", content => [float.NaN, .. content[1..]]);
        Assert.Equal(VerificationStatus.Differ, Verifier.Verify(altered.Path).Status);
    }

    [Fact]
    public void Verify_ToleranceOfTheFile_CountsInSingleOnly()
    {
        using AlteredFile altered = AlteredFile.WithMetadata(Convolution, "tol_output", "1e-30");
        Assert.Equal(VerificationStatus.Differ, Verifier.Verify(altered.Path).Status);
        Assert.Equal(VerificationStatus.Agree, Verifier.Verify(altered.Path, VerificationPrecision.Double).Status);
    }

    [Theory]
    [InlineData("param.bias", "param.bais", "param.bias")]
    [InlineData("grad.bias", "grad.bais", "grad.bais")]
    public void Verify_KeyUnknown_DiffersAndNamesIt(string from, string to, string named)
    {
        using AlteredFile altered = AlteredFile.Renamed(Convolution, from, to);
        VerificationResult result = Verifier.Verify(altered.Path);
        Assert.Equal(VerificationStatus.Differ, result.Status);
        Assert.Contains(named, result.Reason!, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_ParameterTheBlockDoesNotHave_DiffersAndNamesIt()
    {
        using AlteredFile altered = AlteredFile.WithMetadata(
            Convolution, "config", """{"in_channels": 4, "kernel_size": 3, "out_channels": 6, "padding": 1, "bias": false}""");
        VerificationResult result = Verifier.Verify(altered.Path);
        Assert.Equal(VerificationStatus.Differ, result.Status);
        Assert.Contains("'bias'", result.Reason!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("block", "Conv2", "Conv2d")]
    [InlineData("block", "", "no block")]
    [InlineData("mode", "evl", "evl")]
    [InlineData("tol_output", "small", "tol_output")]
    [InlineData("config", "[1]", "JSON object")]
    [InlineData("config", """{"in_channels": 4, "kernel_size": 3, "out_channels": 6, "padding": 1, "sparsity": 2}""", "'sparsity'")]
    [InlineData("config", """{"in_channels": 4, "kernel_size": "3", "out_channels": 6, "padding": 1}""", "'kernel_size'")]
    [InlineData("config", """{"kernel_size": 3, "out_channels": 6, "padding": 1}""", "'in_channels' is missing")]
    public void Verify_SomethingUnknown_IsUnsupportedAndNamesIt(string key, string text, string named)
    {
        using AlteredFile altered = AlteredFile.WithMetadata(Convolution, key, text);
        VerificationResult result = Verifier.Verify(altered.Path);
        Assert.Equal(VerificationStatus.Unsupported, result.Status);
        Assert.Contains(named, result.Reason!, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_SizesThatNoMemoryHolds_AreRefusedQuietly()
    {
        using AlteredFile altered = AlteredFile.WithMetadata(
            Convolution, "config", """{"in_channels": 2000000000, "kernel_size": 2000000000, "out_channels": 2000000000}""");
        Assert.NotEqual(VerificationStatus.Agree, Verifier.Verify(altered.Path).Status);
    }

    [Fact]
    public void Verify_TruncatedFile_IsUnreadable()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, File.ReadAllBytes(Fixtures.Path("goldens", Convolution))[..^5]);
            VerificationResult result = Verifier.Verify(path);
            Assert.Equal(VerificationStatus.Unreadable, result.Status);
            Assert.NotNull(result.Reason);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
