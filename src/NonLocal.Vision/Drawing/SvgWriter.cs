using System.Globalization;
using System.Text;
using System.Xml;

namespace NonLocal.Vision.Drawing;

/// <summary>Where a text starts, ends or has its middle.</summary>
internal enum TextAnchor
{
    /// <summary>At its start.</summary>
    Start,

    /// <summary>In its middle.</summary>
    Middle,

    /// <summary>At its end.</summary>
    End,
}

/// <summary>Writes an SVG picture element by element. The same calls make the same bytes; text is escaped.</summary>
internal sealed class SvgWriter : IDisposable
{
    private const string Namespace = "http://www.w3.org/2000/svg";
    private readonly XmlWriter xml;

    /// <summary>Opens a picture with a white ground.</summary>
    /// <param name="stream">Written to, and left open.</param>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="title">For readers that do not see it.</param>
    public SvgWriter(Stream stream, double width, double height, string title)
    {
        xml = XmlWriter.Create(stream, new XmlWriterSettings { Indent = true, NewLineChars = "\n", Encoding = new UTF8Encoding(false) });
        xml.WriteStartElement("svg", Namespace);
        Attributes(("width", Number(width)), ("height", Number(height)), ("viewBox", $"0 0 {Number(width)} {Number(height)}"));
        Attributes(("font-family", "'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"));
        xml.WriteElementString("title", Namespace, title);
        Element("rect", ("width", Number(width)), ("height", Number(height)), ("fill", Text(Colour.White)));
    }

    /// <summary>A straight line.</summary>
    public void Line(Point from, Point to, Colour colour, double width = 1, string dashes = "none") => Element(
        "line",
        ("x1", Number(from.X)),
        ("y1", Number(from.Y)),
        ("x2", Number(to.X)),
        ("y2", Number(to.Y)),
        ("stroke", Text(colour)),
        ("stroke-width", Number(width)),
        ("stroke-dasharray", dashes));

    /// <summary>Straight lines from point to point.</summary>
    public void Path(IEnumerable<Point> points, Colour colour, double width, string dashes = "none") => Element(
        "polyline",
        ("points", string.Join(' ', points.Select(point => $"{Number(point.X)},{Number(point.Y)}"))),
        ("fill", "none"),
        ("stroke", Text(colour)),
        ("stroke-width", Number(width)),
        ("stroke-dasharray", dashes),
        ("stroke-linejoin", "round"));

    /// <summary>A filled shape with a white edge.</summary>
    public void Polygon(IEnumerable<Point> points, Colour colour) => Element(
        "polygon",
        ("points", string.Join(' ', points.Select(point => $"{Number(point.X)},{Number(point.Y)}"))),
        ("fill", Text(colour)),
        ("stroke", Text(Colour.White)),
        ("stroke-width", "1"));

    /// <summary>A filled circle with a white edge.</summary>
    public void Circle(Point middle, double radius, Colour colour) => Element(
        "circle",
        ("cx", Number(middle.X)),
        ("cy", Number(middle.Y)),
        ("r", Number(radius)),
        ("fill", Text(colour)),
        ("stroke", Text(Colour.White)),
        ("stroke-width", "1"));

    /// <summary>A line of text.</summary>
    /// <param name="at">On its base line.</param>
    /// <param name="text">Anything.</param>
    /// <param name="size">Height of the letters in pixels.</param>
    /// <param name="colour">Of the letters.</param>
    /// <param name="anchor">Which part of the text stands there.</param>
    /// <param name="bold">Heavier letters.</param>
    public void Text(Point at, string text, double size, Colour colour, TextAnchor anchor = TextAnchor.Start, bool bold = false)
    {
        xml.WriteStartElement("text", Namespace);
        Attributes(
            ("x", Number(at.X)),
            ("y", Number(at.Y)),
            ("font-size", Number(size)),
            ("fill", Text(colour)),
            ("text-anchor", anchor switch { TextAnchor.Start => "start", TextAnchor.Middle => "middle", _ => "end" }));
        if (bold)
        {
            Attributes(("font-weight", "bold"));
        }

        xml.WriteString(text);
        xml.WriteEndElement();
    }

    /// <summary>Closes the picture.</summary>
    public void Dispose()
    {
        xml.WriteEndElement();
        xml.Dispose();
    }

    private static string Number(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Text(Colour colour) => $"#{colour.Red:x2}{colour.Green:x2}{colour.Blue:x2}";

    private void Element(string name, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        xml.WriteStartElement(name, Namespace);
        Attributes(attributes);
        xml.WriteEndElement();
    }

    private void Attributes(params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        foreach ((string name, string value) in attributes)
        {
            if (value != "none" || name == "fill")
            {
                xml.WriteAttributeString(name, value);
            }
        }
    }
}
