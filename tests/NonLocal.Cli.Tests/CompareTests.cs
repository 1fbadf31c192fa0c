using System.Text.Json;
using System.Xml.Linq;
using NonLocal.Attention;

namespace NonLocal.Cli.Tests;

public sealed class CompareTests : IDisposable
{
    private const string OneLittleMap = "1x6x6x16";

    private readonly string folder = Directory.CreateTempSubdirectory("nonlocal-compare-").FullName;

    [Fact]
    public void Compare_Json_HasEveryBlockWithItsNumbers()
    {
        JsonElement result = Run("--shape", "1x6x6x8", "--threads", "1");
        Assert.Equal("1x6x6x8", result.GetProperty("input").GetString());
        JsonElement[] systems = [.. result.GetProperty("systems").EnumerateArray()];
        string[] names = [.. systems.Select(row => row.GetProperty("system").GetString()!)];
        Assert.Equal(
            AttentionRegistry.Names.Concat(["non-local:gaussian", "non-local:dot-product", "non-local:concatenation"]).Order(),
            names.Concat(result.GetProperty("left_out").EnumerateArray().Select(name => name.GetString()!)).Order());
        Assert.All(systems, row =>
        {
            Assert.Equal("exact", row.GetProperty("route").GetString());
            Assert.True(row.GetProperty("parameters").GetInt64() > 0);
            Assert.True(row.GetProperty("inference_ms").GetDouble() > 0);
            Assert.True(row.GetProperty("training_ms").GetDouble() > 0);
            Assert.NotEmpty(row.GetProperty("receptive_field").GetString()!);
        });
        Assert.False(result.TryGetProperty("curves", out _));
    }

    [Fact]
    public void Compare_Literal_AddsDefinitionsThatDifferFromTheRoute()
    {
        JsonElement[] rows =
        [
            .. Run("non-local", "squeeze-excitation", "--literal", "--shape", "1x16x16x8").GetProperty("systems").EnumerateArray(),
        ];
        Assert.Equal(
            [("non-local", "exact"), ("non-local", "literal"), ("squeeze-excitation", "exact")],
            rows.Select(row => (row.GetProperty("system").GetString(), row.GetProperty("route").GetString())));

        // The map of all pairs.
        Assert.True(rows[1].GetProperty("arena_bytes").GetInt64() >= 4 * 256 * 256);
        Assert.True(rows[0].GetProperty("arena_bytes").GetInt64() < 4 * 256 * 256);
    }

    [Fact]
    public void Compare_OverTheMemoryLimit_IsADash()
    {
        string[] arguments = ["non-local", "--literal", "--shape", "1x24x24x8", "--memory", "0.001"];
        JsonElement literal = Run(arguments).GetProperty("systems")[1];
        Assert.Equal(JsonValueKind.Null, literal.GetProperty("arena_bytes").ValueKind);
        Assert.Equal(JsonValueKind.Null, literal.GetProperty("inference_ms").ValueKind);
        string[] lines = CommandRun.Of(["compare", .. arguments, "--repeat", "1"]).Output.Split('\n');
        Assert.Matches("^non-local, literal +[0-9]+ +[0-9.]+ +– +– +– +– +all positions$", lines[2]);
    }

    [Fact]
    public void Compare_PairwiseFunction_IsChosenByName()
    {
        JsonElement[] rows = [.. Run("non-local:dot-product", "non-local", "--shape", "1x24x24x8").GetProperty("systems").EnumerateArray()];
        Assert.Equal("non-local:dot-product", rows[0].GetProperty("system").GetString());
        Assert.True(rows[0].GetProperty("flops").GetInt64() < rows[1].GetProperty("flops").GetInt64());
    }

    [Fact]
    public void Compare_AMapThatSomeDoNotRead_NamesWhatIsLeftOut()
    {
        CommandRun run = CommandRun.Of("compare", "--shape", "1x12x8", "--repeat", "1");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("left out, because they do not read 1x12x8: light-non-local", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\nlight-non-local ", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_Picture_ShowsEverySystemAtEverySize()
    {
        string file = Path.Combine(folder, "picture.svg");
        JsonElement result = Run(
            "non-local", "criss-cross", "--literal", "--shape", "1x6x6x8", "--picture", file, "--sizes", "8,16,32", "--memory", "0.001");
        Assert.Equal(file, result.GetProperty("picture").GetString());
        JsonElement[] curves = [.. result.GetProperty("curves").EnumerateArray()];
        Assert.Equal([64, 256, 1024], Positions(curves[0]));
        Assert.Equal([64, 256], Positions(curves[1]));
        string[] texts =
        [
            .. XDocument.Load(file).Root!.Elements().Where(element => element.Name.LocalName == "text").Select(element => element.Value),
        ];
        Assert.All(
            ["non-local", "non-local, literal", "criss-cross", "8²", "32²"], text => Assert.Equal(2, texts.Count(each => each == text)));
        Assert.Equal([file], Directory.GetFiles(folder));

        static IEnumerable<long> Positions(JsonElement curve) =>
            curve.GetProperty("points").EnumerateArray().Select(point => point.GetProperty("positions").GetInt64());
    }

    [Fact]
    public void Compare_PictureOfAMapThatWouldTakeTooLong_EndsBeforeIt()
    {
        string file = Path.Combine(folder, "short.svg");
        JsonElement result = Run("non-local", "--shape", "1x6x6x8", "--picture", file, "--sizes", "8,128", "--seconds", "0.001");
        Assert.Equal(1, result.GetProperty("curves")[0].GetProperty("points").GetArrayLength());
        Assert.True(File.Exists(file));
    }

    [Theory]
    [InlineData("Did you mean criss-cross", "cris-cross", "--shape", OneLittleMap)]
    [InlineData("Did you mean dot-product", "non-local:dot-produkt", "--shape", OneLittleMap)]
    [InlineData("one pairwise function", "criss-cross:gaussian", "--shape", OneLittleMap)]
    [InlineData("expects a map of 2 spatial axes", "light-non-local", "--shape", "1x12x8")]
    [InlineData("--shape", "non-local")]
    [InlineData("--memory is 0, expected 0.001", "non-local", "--shape", OneLittleMap, "--memory", "0")]
    [InlineData("--sizes is for the picture", "non-local", "--shape", OneLittleMap, "--sizes", "8,16")]
    [InlineData("ends with .svg", "non-local", "--shape", OneLittleMap, "--picture", "picture.bmp")]
    [InlineData("two spatial axes", "non-local", "--shape", "1x12x8", "--picture", "picture.svg")]
    [InlineData("--sizes has 'x'", "non-local", "--shape", OneLittleMap, "--picture", "picture.svg", "--sizes", "8,x")]
    [InlineData("two or more that grow", "non-local", "--shape", OneLittleMap, "--picture", "picture.svg", "--sizes", "16,8")]
    public void Compare_BadInput_IsRefused(string expected, params string[] arguments)
    {
        CommandRun.Of(["compare", .. arguments]).Refused(expected);
        Assert.False(File.Exists("picture.svg"));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static JsonElement Run(params string[] arguments)
    {
        CommandRun run = CommandRun.Of(["compare", .. arguments, "--repeat", "1", "--json"]);
        Assert.Equal("", run.Error);
        Assert.Equal(0, run.ExitCode);
        return run.Json();
    }
}
