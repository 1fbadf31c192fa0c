namespace NonLocal.Vision.Drawing;

/// <summary>
/// A small font of dots: letters (small ones, whatever the case), digits and some signs. Seven dots high and up to five wide, two more
/// for what hangs below the line.
/// </summary>
public static class BitmapFont
{
    /// <summary>Dots from the upper edge of a line to the lower edge of what hangs below it.</summary>
    public const int Height = 9;

    private const int SpaceWidth = 3;

    // A row of signs each; their dots are drawn below, one blank apart.
    private static readonly (string Signs, string Art)[] Strips =
    [
        (
            "abcdefghijklm",
            """
            ..... #.... ..... ....# ..... ..## ..... #.... # ..# #... #. .....
            ..... #.... ..... ....# ..... .#.. ..... #.... . ... #... #. .....
            .###. ####. .#### .#### .###. #### .#### ####. # ..# #..# #. ####.
            ....# #...# #.... #...# #...# .#.. #...# #...# # ..# #.#. #. #.#.#
            .#### #...# #.... #...# ##### .#.. #...# #...# # ..# ##.. #. #.#.#
            #...# #...# #.... #...# #.... .#.. #...# #...# # ..# #.#. #. #.#.#
            .#### ####. .#### .#### .#### .#.. .#### #...# # ..# #..# .# #.#.#
            ..... ..... ..... ..... ..... .... ....# ..... . #.# .... .. .....
            ..... ..... ..... ..... ..... .... .###. ..... . .#. .... .. .....
            """),
        (
            "nopqrstuvwxyz",
            """
            ..... ..... ..... ..... .... ..... .#.. ..... ..... ..... ..... ..... .....
            ..... ..... ..... ..... .... ..... .#.. ..... ..... ..... ..... ..... .....
            ####. .###. ####. .#### #.## .#### #### #...# #...# #.#.# #...# #...# #####
            #...# #...# #...# #...# ##.. #.... .#.. #...# #...# #.#.# .#.#. #...# ...#.
            #...# #...# #...# #...# #... .###. .#.. #...# #...# #.#.# ..#.. #...# ..#..
            #...# #...# #...# #...# #... ....# .#.. #...# .#.#. #.#.# .#.#. #...# .#...
            #...# .###. ####. .#### #... ####. ..## .#### ..#.. .#.#. #...# .#### #####
            ..... ..... #.... ....# .... ..... .... ..... ..... ..... ..... ....# .....
            ..... ..... #.... ....# .... ..... .... ..... ..... ..... ..... .###. .....
            """),
        (
            "0123456789.,:%-/=()?_",
            """
            .###. .#. .###. .###. ...#. ##### ..##. ##### .###. .###. . .. . ##..# ... ....# .... .# #. .###. .....
            #...# ##. #...# #...# ..##. #.... .#... ....# #...# #...# . .. . ##..# ... ....# .... #. .# #...# .....
            #...# .#. ....# ....# .#.#. ####. #.... ...#. #...# #...# . .. # ...#. ... ...#. #### #. .# ....# .....
            #...# .#. ...#. ..##. #..#. ....# ####. ..#.. .###. .#### . .. . ..#.. ### ..#.. .... #. .# ...#. .....
            #...# .#. ..#.. ....# ##### ....# #...# ..#.. #...# ....# . .. . .#... ... .#... #### #. .# ..#.. .....
            #...# .#. .#... #...# ...#. #...# #...# .#... #...# ...#. . .. . #..## ... #.... .... #. .# ..... .....
            .###. ### ##### .###. ...#. .###. .###. .#... .###. .##.. # .# # #..## ... #.... .... .# #. ..#.. .....
            ..... ... ..... ..... ..... ..... ..... ..... ..... ..... . .# . ..... ... ..... .... .. .. ..... #####
            ..... ... ..... ..... ..... ..... ..... ..... ..... ..... . #. . ..... ... ..... .... .. .. ..... .....
            """),
    ];

    private static readonly string[] Box = ["#####", "#...#", "#...#", "#...#", "#...#", "#...#", "#####"];
    private static readonly Dictionary<char, string[]> Glyphs = Cut();

    /// <summary>How many dots a line of text is wide.</summary>
    /// <param name="text">Any text.</param>
    public static int Width(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length == 0 ? 0 : text.Sum(Advance) - 1;
    }

    /// <summary>Where the dots of a line of text are, from its upper left corner. A sign that the font lacks is a box.</summary>
    /// <param name="text">Any text.</param>
    internal static IEnumerable<(int Column, int Row)> Dots(string text)
    {
        int left = 0;
        foreach (char sign in text)
        {
            string[] art = Art(sign);
            for (int row = 0; row < art.Length; row++)
            {
                for (int column = 0; column < art[row].Length; column++)
                {
                    if (art[row][column] == '#')
                    {
                        yield return (left + column, row);
                    }
                }
            }

            left += Advance(sign);
        }
    }

    private static int Advance(char sign) => 1 + (sign == ' ' ? SpaceWidth : Art(sign)[0].Length);

    private static string[] Art(char sign) =>
        sign == ' ' ? [] : Glyphs.TryGetValue(char.ToLowerInvariant(sign), out string[]? art) ? art : Box;

    private static Dictionary<char, string[]> Cut()
    {
        Dictionary<char, string[]> glyphs = [];
        foreach ((string signs, string art) in Strips)
        {
            string[][] rows = [.. art.Split('\n').Select(row => row.Split(' '))];
            for (int i = 0; i < signs.Length; i++)
            {
                glyphs[signs[i]] = [.. rows.Select(row => row[i])];
            }
        }

        return glyphs;
    }
}
