namespace NonLocal.Vision.Drawing;

/// <summary>One line of a chart.</summary>
/// <param name="Name">Written at its end.</param>
/// <param name="Style">Lines of one number have one colour and one marker.</param>
/// <param name="Dashed">Drawn with dashes.</param>
/// <param name="Points">From left to right. What is not above 0 cannot be drawn and is left out.</param>
public sealed record ChartLine(string Name, int Style, bool Dashed, IReadOnlyList<(double X, double Y)> Points);

/// <summary>Lines over a common horizontal axis; equal factors take equal space on both axes.</summary>
/// <param name="Title">What is drawn, with its unit.</param>
/// <param name="Format">Writes a number of the vertical axis with its unit.</param>
/// <param name="Lines">The lines.</param>
public sealed record Chart(string Title, Func<double, string> Format, IReadOnlyList<ChartLine> Lines);
