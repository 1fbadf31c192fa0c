namespace NonLocal.Formats.Tests;

public class FileFormatExceptionTests
{
    [Fact]
    public void Message_WithLineBreaksAndControlCodes_IsOneLine()
    {
        var error = new FileFormatException("key \"a\nb\u001b[2J\u2028\" is not a tensor", "bad\r.npy");

        Assert.Equal("bad?.npy: key \"a?b?[2J?\" is not a tensor", error.Message);
    }

    [Fact]
    public void In_ProblemFoundInAStream_GainsThePath()
    {
        FileFormatException error = new FileFormatException("header is cut short").In("weights.pth");

        Assert.Equal("weights.pth: header is cut short", error.Message);
        Assert.Equal("weights.pth", error.Path);
    }
}
