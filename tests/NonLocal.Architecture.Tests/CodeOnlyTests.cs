namespace NonLocal.Architecture.Tests;

public class CodeOnlyTests
{
    [Theory]
    [InlineData("a; // b\nc", "a;     \nc")]
    [InlineData("a /* b\nc */ d", "a     \n     d")]
    [InlineData("f(\"b \\\" c\", 'd')", "f(        ,    )")]
    [InlineData("f(@\"b\\\", c)", "f(@    , c)")]
    [InlineData("f(@\"b\"\"c\", d)", "f(@      , d)")]
    [InlineData("f(\"\"\"b \" c\n\"\"\", d)", "f(        \n   , d)")]
    [InlineData("x = \"http://y\";", "x =           ;")]
    public void Of_CommentsAndStrings_AreBlankedInPlace(string text, string expected)
    {
        Assert.Equal(expected, CodeOnly.Of(text));
    }
}
