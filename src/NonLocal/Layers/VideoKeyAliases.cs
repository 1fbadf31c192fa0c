using System.Text.RegularExpressions;

namespace NonLocal.Layers;

/// <summary>
/// The names that published networks of clips give to the parts of a ResNet which are called here as in torchvision: those of
/// facebookresearch/SlowFast, open-mmlab/mmaction2 and the blobs of facebookresearch/video-nonlocal-net (Caffe2).
/// </summary>
internal static partial class VideoKeyAliases
{
    private static readonly (string Published, string Ours)[] Beginnings =
    [
        ("s1.pathway0_stem.conv.", "conv1."),
        ("s1.pathway0_stem.bn.", "bn1."),
        ("head.projection.", "fc."),
        ("conv1.conv.", "conv1."),
        ("conv1.bn.", "bn1."),
        ("cls_head.fc_cls.", "fc."),
        ("conv1_", "conv1."),
        ("res_conv1_bn_", "bn1."),
        ("pred_", "fc."),
    ];

    /// <summary>The name here of a key without its prefixes; null: it is not one of theirs.</summary>
    public static string? Of(string key)
    {
        foreach ((string published, string ours) in Beginnings)
        {
            if (key.StartsWith(published, StringComparison.Ordinal))
            {
                return ours + Ending(key[published.Length..]);
            }
        }

        return Residual(SlowFast().Match(key)) ?? Residual(Caffe2().Match(key)) ?? Mmaction(MmactionConvolution().Match(key))
            ?? Block(SlowFastBlock().Match(key), stagesBefore: 1) ?? Block(Caffe2Block().Match(key), stagesBefore: 1)
            ?? Block(MmactionBlock().Match(key), stagesBefore: 0);
    }

    // branch2a, branch2b, branch2c are the convolutions, branch1 is the shortcut's; res2 or s2 is the first stage.
    private static string? Residual(Match match)
    {
        if (!match.Success)
        {
            return null;
        }

        string place = $"layer{Stage(match, stagesBefore: 1)}.{match.Groups["block"].ValueSpan}";
        string branch = match.Groups["branch"].Value;
        bool norm = match.Groups["norm"].Success;
        string part = branch == "1" ? (norm ? "downsample.1" : "downsample.0") : $"{(norm ? "bn" : "conv")}{branch[^1] - 'a' + 1}";
        return $"{place}.{part}.{Ending(match.Groups["ending"].Value)}";
    }

    private static string? Mmaction(Match match)
    {
        if (!match.Success)
        {
            return null;
        }

        bool norm = match.Groups["kind"].ValueSpan is "bn";
        string number = match.Groups["number"].Value;
        string part = number.Length == 0 ? (norm ? "downsample.1" : "downsample.0") : (norm ? "bn" : "conv") + number;
        return $"{match.Groups["place"].ValueSpan}.{part}.{match.Groups["ending"].ValueSpan}";
    }

    // A non-local block of video-nonlocal-net's names, or of mmcv's.
    private static string? Block(Match match, int stagesBefore) => match.Success
        ? $"layer{Stage(match, stagesBefore)}.nl{match.Groups["block"].ValueSpan}.{match.Groups["part"].ValueSpan}"
            + $".{Ending(match.Groups["ending"].Value)}"
        : null;

    private static int Stage(Match match, int stagesBefore) => match.Groups["stage"].ValueSpan[0] - '0' - stagesBefore;

    // Caffe2's endings. Despite its name, riv holds the running variance.
    private static string Ending(string ending) => ending switch
    {
        "w" or "s" => "weight",
        "b" => "bias",
        "rm" => "running_mean",
        "riv" => "running_var",
        _ => ending,
    };

    [GeneratedRegex(@"^s(?<stage>[2-5])\.pathway0_res(?<block>[0-9]+)\.branch(?<branch>1|2\.[abc])(?<norm>_bn)?\.(?<ending>.+)$")]
    private static partial Regex SlowFast();

    [GeneratedRegex("^res(?<stage>[2-5])_(?<block>[0-9]+)_branch(?<branch>1|2[abc])(?<norm>_bn)?_(?<ending>w|s|b|rm|riv)$")]
    private static partial Regex Caffe2();

    [GeneratedRegex(@"^(?<place>layer[1-4]\.[0-9]+)\.(conv(?<number>[123])|downsample)\.(?<kind>conv|bn)\.(?<ending>.+)$")]
    private static partial Regex MmactionConvolution();

    [GeneratedRegex(@"^s(?<stage>[2-5])\.pathway0_nonlocal(?<block>[0-9]+)\.(conv_)?(?<part>theta|phi|g|out|bn)\.(?<ending>.+)$")]
    private static partial Regex SlowFastBlock();

    [GeneratedRegex("^nonlocal_conv(?<stage>[2-5])_(?<block>[0-9]+)_(?<part>theta|phi|g|out|bn)_(?<ending>w|s|b|rm|riv)$")]
    private static partial Regex Caffe2Block();

    [GeneratedRegex(@"^layer(?<stage>[1-4])\.(?<block>[0-9]+)\.non_local_block\.(?<part>[a-z0-9_.]+)\.(?<ending>[a-z_]+)$")]
    private static partial Regex MmactionBlock();
}
