using System.Globalization;
using System.Text.Json;
using Microsoft.Playwright;
using NonLocal.Cli;
using NonLocal.Cli.Rendering;
using NonLocal.Vision.Drawing;
using NonLocal.Vision.Pictures;

namespace NonLocal.Browser;

/// <summary>The page of <c>nonlocal explain</c> in a real browser.</summary>
public sealed class AttentionPageTests(BrowserFixture fixture) : IClassFixture<BrowserFixture>, IDisposable
{
    // Of a made page: 3 rows of 4 positions, of which each reads mostly the one after it.
    private static readonly GridSize Map = new(1, 3, 4);

    private readonly string folder = Directory.CreateTempSubdirectory("nonlocal-page-").FullName;
    private readonly List<string> complaints = [];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Pointer_OverThePicture_ShowsWhatThePositionUnderItReads()
    {
        IPage page = await OpenAsync(Made(Map));
        for (int position = 0; position < 12; position++)
        {
            await PointAsync(page, (position % 4) + 0.5, (position / 4) + 0.5);
            Assert.Equal(Name(position), await AttributeAsync(page, "data-reader"));
            Assert.Equal(Name((position + 1) % 12), await AttributeAsync(page, "data-most"));
            string reading = await page.InnerTextAsync("#reading");
            string place = $"Column {position % 4}, row {position / 4} of 4 × 3";
            Assert.StartsWith($"{place} reads most at column ", reading, StringComparison.Ordinal);
            Assert.Contains("weight 0.780, 9.36 times an even share (1/12)", reading, StringComparison.Ordinal);
        }

        Assert.Empty(complaints);
    }

    [Fact]
    public async Task Pixels_OfThePositions_HaveTheColoursOfTheirWeights()
    {
        IPage page = await OpenAsync(Made(Map));
        await PointAsync(page, 1.5, 0.5);

        // The picture is of one grey, 100; colours lie over it with 75 %.
        Assert.Equal(Over(ColourMap.At(1)), await PixelAsync(page, 2.5, 0.5), new Near(2));
        Assert.Equal(Over(ColourMap.At(0.02 / 0.78)), await PixelAsync(page, 3.5, 2.5), new Near(3));
        Assert.Equal("0", await page.InnerTextAsync("#low"));
        Assert.Equal("0.780", await page.InnerTextAsync("#full"));
    }

    [Fact]
    public async Task Frame_OfThePositionThatReads_IsAroundIt()
    {
        IPage page = await OpenAsync(Made(Map));
        await PointAsync(page, 2.5, 0.5);
        int[] inside = await PixelAsync(page, 2.5, 0.5);
        int[] white = [255, 255, 255];
        Assert.Equal(white, await PixelAsync(page, 2 - (1.5 / 120), 0.5));
        Assert.Equal(white, await PixelAsync(page, 3 + (1.5 / 120), 0.5));
        Assert.Equal(white, await PixelAsync(page, 2.5, 1 + (1.5 / 120)));
        Assert.NotEqual(white, inside);
    }

    [Fact]
    public async Task Keys_MoveThePositionAndStopAtTheEdge()
    {
        IPage page = await OpenAsync(Made(Map));
        await page.FocusAsync("#stage");
        Assert.Equal("0,1,2", await AttributeAsync(page, "data-reader"));
        foreach ((string key, string expected) in ((string, string)[])
            [("ArrowRight", "0,1,3"), ("ArrowRight", "0,1,3"), ("ArrowUp", "0,0,3"), ("ArrowLeft", "0,0,2"), ("ArrowDown", "0,1,2")])
        {
            await page.Keyboard.PressAsync(key);
            Assert.Equal(expected, await AttributeAsync(page, "data-reader"));
        }
    }

    [Fact]
    public async Task Scale_OfTheBlock_IsThatOfItsLargestWeight()
    {
        float[] weights = Weights(12);
        weights[0] = 3;
        IPage page = await OpenAsync(AttentionPage.Create("t", "a", [Ground()], [new("nl", "Block", Map, Map, Map, weights)]));
        await PointAsync(page, 1.5, 1.5);
        Assert.Equal("0.780", await page.InnerTextAsync("#full"));
        await page.SelectOptionAsync("#scale", "block");
        Assert.Equal("3.00", await page.InnerTextAsync("#full"));
        Assert.Equal(Over(ColourMap.At(0.78 / 3)), await PixelAsync(page, 2.5, 1.5), new Near(3));
    }

    [Fact]
    public async Task Block_ChosenFromTheList_IsShown()
    {
        GridSize coarse = new(1, 1, 2);
        IPage page = await OpenAsync(AttentionPage.Create("t", "a", [Ground()],
            [new("first", "A", Map, Map, Map, Weights(12)), new("second", "B", Map, coarse, Map, Weights(12)[..24])]));
        await page.SelectOptionAsync("#block", "1");
        Assert.Contains("weights of 1 × 1 × 2 of them", await page.InnerTextAsync("#note"), StringComparison.Ordinal);
        await PointAsync(page, 3.5, 0.5);
        Assert.Equal("0,1,3", await AttributeAsync(page, "data-reader"));
    }

    [Fact]
    public async Task Frames_OfAClip_AreReadAcrossTime()
    {
        GridSize map = new(2, 3, 4);
        float[] weights = Weights(24);
        IPage page = await OpenAsync(AttentionPage.Create(
            "t", "a", [Ground(), Ground()], [new("nl", "Block", map, map, map, weights)]));
        await PointAsync(page, 3.5, 2.5, frame: 0);
        Assert.Equal(("0,2,3", "1,0,0"), (await AttributeAsync(page, "data-reader"), await AttributeAsync(page, "data-most")));
        Assert.Equal(Over(ColourMap.At(0.02 / 0.78)), await PixelAsync(page, 0.5, 0.5), new Near(3));
        Assert.Equal(Over(ColourMap.At(1)), await PixelAsync(page, 0.5, 0.5, frame: 1), new Near(2));
        await page.FocusAsync("#stage");
        await page.Keyboard.PressAsync("PageDown");
        Assert.Equal("1,2,3", await AttributeAsync(page, "data-reader"));
    }

    [Fact]
    public async Task Page_OfTheCommand_AgreesWithItsNumbers()
    {
        Picture picture = new(64, 48, 3);
        new Random(3).NextBytes(picture.Bytes);
        string file = Path.Combine(folder, "noise.png");
        Png.Write(file, picture);
        using StringWriter output = new();
        Application.Run(
            ["explain", file, "--at", "3,3", "--at", "40,20", "--at", "63,47", "-o", folder, "--json"],
            new Terminal(output, output, OutputIsScreen: false, ErrorIsScreen: false));
        IPage page = await OpenFileAsync(Path.Combine(folder, "attention.html"));
        foreach (JsonElement map in JsonDocument.Parse(output.ToString()).RootElement.GetProperty("maps").EnumerateArray())
        {
            int[] at = [.. map.GetProperty("at").GetString()!.Split(',').Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
            await PointAsync(page, (at[0] + 0.5) / 64 * 4, (at[1] + 0.5) / 48 * 3);
            Assert.Equal(Place(map.GetProperty("position")), await AttributeAsync(page, "data-reader"));
            Assert.Equal(Place(map.GetProperty("largest_at")), await AttributeAsync(page, "data-most"));
            double weight = map.GetProperty("largest").GetDouble();
            string said = (await page.InnerTextAsync("#reading")).Split("weight ")[1].Split(',')[0];
            Assert.Equal(weight, double.Parse(said, CultureInfo.InvariantCulture), weight / 199);
        }

        Assert.Empty(complaints);
    }

    private static string Made(GridSize map) =>
        AttentionPage.Create("Made", "by hand", [Ground()], [new("nl", "Block", map, map, map, Weights(map.Count))]);

    // 0.02 each, and 0.78 for the next.
    private static float[] Weights(int count)
    {
        float[] weights = [.. Enumerable.Repeat(0.02f, count * count)];
        for (int position = 0; position < count; position++)
        {
            weights[(position * count) + ((position + 1) % count)] = 0.78f;
        }

        return weights;
    }

    private static Picture Ground() => new(4, 3, 3, [.. Enumerable.Repeat((byte)100, 36)]);

    private static string Name(int position) => $"0,{position / 4},{position % 4}";

    // The command says column, row; the page frame, row, column.
    private static string Place(JsonElement place) => $"0,{place[1].GetInt32()},{place[0].GetInt32()}";

    private static int[] Over(Colour colour) =>
        [.. ((byte[])[colour.Red, colour.Green, colour.Blue]).Select(level => (int)Math.Round((0.75 * level) + 25))];

    private static Task<string?> AttributeAsync(IPage page, string name) => page.GetAttributeAsync("#stage", name);

    private Task<IPage> OpenAsync(string html)
    {
        string path = Path.Combine(folder, "page.html");
        File.WriteAllText(path, html);
        return OpenFileAsync(path);
    }

    // Nothing may be complained about, and nothing asked for but the file and what it holds.
    private async Task<IPage> OpenFileAsync(string path)
    {
        IPage page = await fixture.Browser.NewPageAsync();
        page.Console += (_, message) => complaints.Add(message.Text);
        page.PageError += (_, error) => complaints.Add(error);
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith("data:", StringComparison.Ordinal) && request.Url != new Uri(path).AbsoluteUri)
            {
                complaints.Add(request.Url);
            }
        };
        await page.GotoAsync(new Uri(path).AbsoluteUri);
        await page.WaitForSelectorAsync("body[data-ready=true]");
        return page;
    }

    // A place in units of the picture's 4 columns and 3 rows.
    private static async Task PointAsync(IPage page, double column, double row, int frame = 0)
    {
        LocatorBoundingBoxResult box = (await page.Locator("#stage canvas").Nth(frame).BoundingBoxAsync())!;
        await page.Mouse.MoveAsync((float)(box.X + (column / 4 * box.Width)), (float)(box.Y + (row / 3 * box.Height)));
    }

    private static Task<int[]> PixelAsync(IPage page, double column, double row, int frame = 0) => page.EvaluateAsync<int[]>(
        """
        ([column, row, frame]) => {
            const canvas = document.querySelectorAll("#stage canvas")[frame];
            const [x, y] = [column / 4 * canvas.width, row / 3 * canvas.height].map(Math.floor);
            return Array.from(canvas.getContext("2d").getImageData(x, y, 1, 1).data.slice(0, 3));
        }
        """,
        new[] { column, row, frame });

    private sealed class Near(int tolerance) : IEqualityComparer<int>
    {
        public bool Equals(int x, int y) => Math.Abs(x - y) <= tolerance;

        public int GetHashCode(int obj) => 0;
    }
}
