using System.Text.Json;
using NonLocal.Vision.Drawing;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Tests.Drawing;

public class AttentionPageTests
{
    private static readonly GridSize Map = new(1, 2, 3);

    [Fact]
    public void Quantise_Weights_AreKeptToHalfAStepOfTheirRow()
    {
        Random random = new(1);
        float[] weights = [.. Enumerable.Range(0, 3 * 40).Select(i => random.NextSingle() * (i < 40 ? 1e-4f : 1) - (i >= 80 ? 0.5f : 0))];
        (byte[] levels, float[] ranges) = AttentionPage.Quantise(weights, 40);
        for (int i = 0; i < weights.Length; i++)
        {
            (float low, float high) = (ranges[i / 40 * 2], ranges[(i / 40 * 2) + 1]);
            Assert.Equal(weights[i], low + (levels[i] / 255.0 * (high - low)), 0.501 * (high - low) / 255);
        }

        Assert.Equal(weights[..40].Max(), ranges[1]);
        Assert.Equal(weights[80..].Min(), ranges[4]);
    }

    [Fact]
    public void Quantise_RowOfOneWeight_IsExact()
    {
        (byte[] levels, float[] ranges) = AttentionPage.Quantise([0.25f, 0.25f, 0.25f, 0.25f], 4);
        Assert.All(levels, level => Assert.Equal(0, level));
        Assert.Equal([0.25f, 0.25f], ranges);
    }

    [Fact]
    public void Create_APage_HoldsItsDataAndNothingFromOutside()
    {
        string page = Page("<b>&\"it's\"</b>", "a </script><script>alert(1)</script>");
        Assert.DoesNotContain("<b>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("alert(1)</script>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http://", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
        Assert.DoesNotContain("{{", page, StringComparison.Ordinal);
        JsonElement block = Data(page).GetProperty("blocks")[0];
        Assert.Equal("nl</script>2", block.GetProperty("name").GetString());
        Assert.Equal([1, 2, 3], block.GetProperty("map").EnumerateArray().Select(length => length.GetInt32()));
        Assert.Equal(36, block.GetProperty("levels").GetBytesFromBase64().Length);
        Assert.Equal(6 * 8, block.GetProperty("ranges").GetBytesFromBase64().Length);
        Assert.Equal(768, Data(page).GetProperty("colours").GetBytesFromBase64().Length);
    }

    [Fact]
    public void Create_WeightsThatDoNotFit_IsRefused()
    {
        AttentionPageBlock block = new("nl2", "Block", Map, Map, Map, new float[35]);
        Assert.Contains(
            "nl2: 6 readers of 6 positions do not have 35 weights",
            Assert.Throws<ArgumentException>(() => AttentionPage.Create("", "", [new Picture(3, 2, 3)], [block])).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => AttentionPage.Create("", "", [new Picture(3, 2, 3)], []));
    }

    private static string Page(string title, string answer)
    {
        float[] weights = [.. Enumerable.Range(0, 36).Select(i => i / 36f)];
        return AttentionPage.Create(title, answer, [new Picture(6, 4, 3)], [new("nl</script>2", "Block", Map, Map, Map, weights)]);
    }

    private static JsonElement Data(string page)
    {
        const string begin = "<script type=\"application/json\" id=\"data\">";
        int from = page.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        return JsonDocument.Parse(page[from..page.IndexOf("</script>", from, StringComparison.Ordinal)]).RootElement;
    }
}
