namespace NonLocal.Tests;

public class NearestNameTests
{
    private static readonly string[] Known = ["resnet18", "resnet50", "resnet101", "cifar-resnet20", "softmax"];

    [Theory]
    [InlineData("reznet50", "resnet50")]
    [InlineData("RESNET101", "resnet101")]
    [InlineData("sotfmax", "softmax")]
    public void Find_Misspelling_GivesTheNameFirst(string name, string expected) =>
        Assert.Equal(expected, NearestName.Find(name, Known)[0]);

    [Fact]
    public void Find_NothingLikeIt_GivesNothing() => Assert.Empty(NearestName.Find("transformer-xl", Known));

    [Fact]
    public void Find_OneFarNearer_LeavesTheOthersOut() => Assert.Equal(["softmax"], NearestName.Find("softmx", Known));

    [Fact]
    public void Hint_NothingNear_ListsFewOrTheClosestOfMany()
    {
        Assert.Equal(" Known: resnet18, resnet50, resnet101, cifar-resnet20, softmax.", NearestName.Hint("transformer-xl", Known));
        string[] many = [.. Enumerable.Range(0, 50).Select(number => $"some-other-name-{number}")];
        Assert.StartsWith(" The closest known: ", NearestName.Hint("xyz", many), StringComparison.Ordinal);
        Assert.Equal("", NearestName.Hint("xyz", []));
    }
}
