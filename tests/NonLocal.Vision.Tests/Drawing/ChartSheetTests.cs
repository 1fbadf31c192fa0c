using System.Globalization;
using System.Text;
using System.Xml.Linq;
using NonLocal.Vision.Drawing;

namespace NonLocal.Vision.Tests.Drawing;

public class ChartSheetTests
{
    private static readonly (double, string)[] Ticks = [(256, "16²"), (1024, "32²"), (4096, "64²")];

    [Fact]
    public void Write_Lines_AreWhereTheNumbersAre()
    {
        XElement svg = Parse(Sheet(new ChartLine("a", 0, false, [(256, 1), (1024, 10), (4096, 100)])));
        double[][] points = [.. Path(svg, 0)];
        Assert.Equal([76, 358, 640], points.Select(point => point[0]));
        Assert.Equal(points[1][1] - points[0][1], points[2][1] - points[1][1], 1);
        Assert.True(points[2][1] < points[0][1]);
        Assert.Equal(["100 u", "10 u", "1 u"], Texts(svg).Where(text => text.EndsWith(" u", StringComparison.Ordinal)).Reverse());
    }

    [Fact]
    public void Write_ANameWithMarkup_IsText()
    {
        XElement svg = Parse(Sheet(new ChartLine("<b>&\"", 0, false, [(256, 1)])));
        Assert.Contains("<b>&\"", Texts(svg));
    }

    [Fact]
    public void Write_ManyLines_HaveLabelsBelowOneAnotherInsideThePicture()
    {
        XElement svg = Parse(Sheet([.. Enumerable.Range(0, 40).Select(i => new ChartLine($"line {i}", i, false, [(256, 1), (4096, 5)]))]));
        double[] places =
        [
            .. svg.Elements().Where(text => text.Name.LocalName == "text" && text.Value.StartsWith("line", StringComparison.Ordinal))
                .Select(text => Attribute(text, "y")).Order(),
        ];
        Assert.Equal(40, places.Length);
        Assert.All(places.Zip(places.Skip(1)), pair => Assert.True(pair.Second - pair.First >= 13.9));
        Assert.InRange(places[^1], 0, Attribute(svg, "height"));
    }

    [Fact]
    public void Write_LinesOfOneStyle_HaveOneColourAndDashesTellThemApart()
    {
        XElement svg = Parse(Sheet(
            new ChartLine("a", 9, false, [(256, 1), (1024, 2)]), new ChartLine("b", 9, true, [(256, 1), (1024, 3)]),
            new ChartLine("c", 10, false, [(256, 1), (1024, 4)])));
        XElement[] lines = [.. svg.Elements().Where(element => element.Name.LocalName == "polyline")];
        Assert.Equal(lines[0].Attribute("stroke")!.Value, lines[1].Attribute("stroke")!.Value);
        Assert.NotEqual(lines[0].Attribute("stroke")!.Value, lines[2].Attribute("stroke")!.Value);
        Assert.Null(lines[0].Attribute("stroke-dasharray"));
        Assert.NotNull(lines[1].Attribute("stroke-dasharray"));
    }

    [Fact]
    public void Write_NumbersThatCannotBeDrawn_AreLeftOut()
    {
        XElement svg = Parse(Sheet(
            new ChartLine("some", 0, false, [(256, 0), (1024, 2), (4096, double.NaN)]), new ChartLine("none", 1, false, [(256, 0)])));
        Assert.Single(Path(svg, 0));
        Assert.DoesNotContain("none", Texts(svg));
        Assert.DoesNotContain("NaN", svg.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_Twice_SameBytesInAnyCulture()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        ChartSheet sheet = Sheet(new ChartLine("a", 0, false, [(256, 1.5), (1024, 10)]));
        string first = Bytes(sheet);
        try
        {
            CultureInfo.CurrentCulture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            CultureInfo.CurrentCulture.NumberFormat.NumberDecimalSeparator = ",";
            Assert.Equal(first, Bytes(sheet));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static ChartSheet Sheet(params ChartLine[] lines) =>
        new("Title", "note", "positions", Ticks, [new Chart("Chart", Unit, lines)]);

    private static string Unit(double number) => string.Create(CultureInfo.InvariantCulture, $"{number:0.##} u");

    private static string Bytes(ChartSheet sheet)
    {
        using MemoryStream stream = new();
        sheet.Write(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static XElement Parse(ChartSheet sheet) => XDocument.Parse(Bytes(sheet).TrimStart('\uFEFF')).Root!;

    private static IEnumerable<string> Texts(XElement svg) =>
        svg.Elements().Where(element => element.Name.LocalName == "text").Select(element => element.Value);

    private static IEnumerable<double[]> Path(XElement svg, int line) => svg.Elements()
        .Where(element => element.Name.LocalName == "polyline").ElementAt(line).Attribute("points")!.Value.Split(' ')
        .Select(point => point.Split(',').Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray());

    private static double Attribute(XElement element, string name) =>
        double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);
}
