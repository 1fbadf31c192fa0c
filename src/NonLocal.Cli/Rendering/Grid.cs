using System.Globalization;
using Spectre.Console;

namespace NonLocal.Cli.Rendering;

/// <summary>A table: drawn with lines on a screen, plain columns two spaces apart when redirected.</summary>
/// <param name="Headings">One for each column; numbers are right-aligned under headings that start with '&gt;'.</param>
internal sealed class Grid(params string[] headings)
{
    private readonly List<string[]> rows = [];

    /// <summary>Adds a row; it has as many cells as there are headings.</summary>
    public void Add(params string[] cells) => rows.Add(cells);

    /// <summary>Writes the table.</summary>
    public void Write(Terminal terminal)
    {
        if (terminal.OutputIsScreen)
        {
            Draw(terminal.Output);
            return;
        }

        int[] widths =
            [.. headings.Select((heading, column) => rows.Select(row => row[column].Length).Append(Title(heading).Length).Max())];
        WriteRow(terminal.Output, [.. headings.Select(Title)], widths);
        foreach (string[] row in rows)
        {
            WriteRow(terminal.Output, row, widths);
        }
    }

    private static bool IsNumber(string heading) => heading.StartsWith('>');

    private static string Title(string heading) => IsNumber(heading) ? heading[1..] : heading;

    private void WriteRow(TextWriter output, string[] cells, int[] widths)
    {
        IEnumerable<string> padded = cells.Select((cell, column) =>
            IsNumber(headings[column]) ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]));
        output.WriteLine(string.Join("  ", padded).TrimEnd());
    }

    private void Draw(TextWriter output)
    {
        Table table = new() { Border = TableBorder.Rounded };
        foreach (string heading in headings)
        {
            TableColumn column = new(Markup.Escape(Title(heading)));
            table.AddColumn(IsNumber(heading) ? column.RightAligned() : column);
        }

        foreach (string[] row in rows)
        {
            table.AddRow([.. row.Select(Markup.Escape)]);
        }

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        console.Write(table);
    }
}

/// <summary>Numbers as people read them, in invariant culture.</summary>
internal static class Figures
{
    /// <summary>1,234,567.</summary>
    public static string Whole(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Four significant digits, without an exponent where that is short.</summary>
    public static string Short(double number) => number.ToString("G4", CultureInfo.InvariantCulture);

    /// <summary>Two significant digits with an exponent: 3.1e-07.</summary>
    public static string Error(double number) => number.ToString("0.0e+00", CultureInfo.InvariantCulture);

    /// <summary>A fixed number of decimals.</summary>
    public static string Fixed(double number, int decimals) => number.ToString("F" + decimals, CultureInfo.InvariantCulture);
}
