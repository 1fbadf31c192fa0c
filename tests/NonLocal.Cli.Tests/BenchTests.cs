using System.Text.Json;

namespace NonLocal.Cli.Tests;

public class BenchTests
{
    private static readonly string[] Quantities =
    [
        "median_ms", "min_ms", "flops", "literal_flops", "peak_fraction", "threads",
        "arena_bytes", "input_bytes", "output_bytes", "parameter_bytes",
        "packed_bytes",
    ];

    [Fact]
    public void BenchMatMul_Json_HasEveryQuantityAndTheRightArithmetic()
    {
        JsonElement result = Run("matmul", "64x48x32", "--threads", "2");
        Assert.Equal(Quantities, result.EnumerateObject().Select(property => property.Name));
        Assert.Equal(2 * 64 * 48 * 32, result.GetProperty("flops").GetInt64());
        Assert.Equal(2 * 64 * 48 * 32, result.GetProperty("literal_flops").GetInt64());
        Assert.Equal(2, result.GetProperty("threads").GetInt32());
        Assert.Equal(4 * ((64 * 32) + (32 * 48)), result.GetProperty("input_bytes").GetInt64());
        Assert.Equal(4 * 64 * 48, result.GetProperty("output_bytes").GetInt64());
        Assert.True(result.GetProperty("min_ms").GetDouble() <= result.GetProperty("median_ms").GetDouble());
        Assert.True(result.GetProperty("peak_fraction").GetDouble() > 0);
    }

    [Theory]
    [InlineData("dot-product")]
    [InlineData("concatenation")]
    public void BenchBlock_CheapRoute_CountsItsOwnWorkAndThatOfTheDefinition(string pairwise)
    {
        string[] block = ["block", "non-local", "--shape", "1x12x12x8", "--pairwise", pairwise];
        JsonElement cheap = Run(block);
        JsonElement literal = Run([.. block, "--literal"]);
        Assert.True(cheap.GetProperty("flops").GetInt64() < cheap.GetProperty("literal_flops").GetInt64());
        Assert.Equal(literal.GetProperty("literal_flops").GetInt64(), cheap.GetProperty("literal_flops").GetInt64());
        Assert.Equal(literal.GetProperty("literal_flops").GetInt64(), literal.GetProperty("flops").GetInt64());
    }

    [Fact]
    public void BenchBlock_Train_AddsGradientsToTheOutputs()
    {
        JsonElement forward = Run("block", "non-local", "--shape", "1x6x6x8", "--subsample");
        JsonElement training = Run("block", "non-local", "--shape", "1x6x6x8", "--subsample", "--train");
        Assert.Equal(4 * 6 * 6 * 8, forward.GetProperty("output_bytes").GetInt64());
        Assert.True(training.GetProperty("output_bytes").GetInt64() >= 2 * 4 * 6 * 6 * 8);
        Assert.True(training.GetProperty("flops").GetInt64() > 2 * forward.GetProperty("flops").GetInt64());
    }

    [Fact]
    public void BenchModel_Json_CountsTheParameters()
    {
        JsonElement result = Run("model", "cifar-resnet20", "--shape", "1x16x16x3");
        Assert.InRange(result.GetProperty("parameter_bytes").GetInt64(), 4 * 269_722, 4 * 275_000);
    }

    [Theory]
    [InlineData("Did you mean non-local", "block", "non-locl", "--shape", "1x4x4x8")]
    [InlineData("no sub-sampling", "block", "self-attention", "--shape", "1x4x4x8", "--subsample")]
    [InlineData("Did you mean dot-product", "block", "non-local", "--shape", "1x4x4x8", "--pairwise", "dot-produkt")]
    [InlineData("--shape", "block", "non-local")]
    [InlineData("2 axes", "block", "non-local", "--shape", "4x8")]
    [InlineData("Shape '1x0x4'", "block", "non-local", "--shape", "1x0x4")]
    [InlineData("Did you mean resnet50", "model", "resnet5", "--shape", "1x32x32x3")]
    [InlineData("conv1", "model", "resnet18", "--shape", "1x32x32x4")]
    [InlineData("larger than", "block", "non-local", "--shape", "1x100000x100000x128")]
    [InlineData("8 GB", "matmul", "100000x100000x100000")]
    [InlineData("three", "matmul", "64x64")]
    [InlineData("--threads", "matmul", "8x8x8", "--threads", "0")]
    [InlineData("--repeat", "matmul", "8x8x8", "--repeat", "-3")]
    [InlineData("--repeat", "matmul", "8x8x8", "--repeat", "many")]
    [InlineData("block, model, matmul")]
    [InlineData("Did you mean matmul", "matmull", "8x8x8")]
    public void Bench_BadInput_IsRefused(string expected, params string[] arguments) =>
        CommandRun.Of(["bench", .. arguments]).Refused(expected);

    private static JsonElement Run(params string[] arguments)
    {
        CommandRun run = CommandRun.Of(["bench", .. arguments, "--repeat", "2", "--json"]);
        Assert.Equal("", run.Error);
        Assert.Equal(0, run.ExitCode);
        return run.Json();
    }
}
