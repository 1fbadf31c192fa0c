using System.Globalization;

namespace NonLocal.Tests.Models;

/// <summary>
/// The keys of published networks of clips as their code registers them, each with the key here: written down by hand for one residual
/// network, because no published file is at hand.
/// </summary>
internal static class PublishedVideoNames
{
    private static readonly string[] NormParts = ["weight", "bias", "running_mean", "running_var"];

    /// <summary>facebookresearch/SlowFast: <c>ResNet</c> of one pathway, with softmax non-local blocks.</summary>
    public static IEnumerable<(string Published, string Ours)> SlowFast(
        IReadOnlyList<int> blocks, IEnumerable<(int Stage, int Block)> attention)
    {
        yield return ("s1.pathway0_stem.conv.weight", "conv1.weight");
        foreach (string part in NormParts)
        {
            yield return ($"s1.pathway0_stem.bn.{part}", $"bn1.{part}");
        }

        foreach ((int stage, int block) in Places(blocks))
        {
            string place = Text($"s{stage + 1}.pathway0_res{block}");
            foreach ((string branch, string conv, string norm) in Branches(block == 0, ["branch2.a", "branch2.b", "branch2.c"], "branch1"))
            {
                yield return ($"{place}.{branch}.weight", Text($"layer{stage}.{block}.{conv}.weight"));
                foreach (string part in NormParts)
                {
                    yield return ($"{place}.{branch}_bn.{part}", Text($"layer{stage}.{block}.{norm}.{part}"));
                }
            }
        }

        foreach ((int stage, int block) in attention)
        {
            string place = Text($"s{stage + 1}.pathway0_nonlocal{block}");
            foreach (string layer in (string[])["theta", "phi", "g", "out"])
            {
                yield return ($"{place}.conv_{layer}.weight", Text($"layer{stage}.nl{block}.{layer}.weight"));
                yield return ($"{place}.conv_{layer}.bias", Text($"layer{stage}.nl{block}.{layer}.bias"));
            }

            foreach (string part in NormParts)
            {
                yield return ($"{place}.bn.{part}", Text($"layer{stage}.nl{block}.bn.{part}"));
            }
        }

        yield return ("head.projection.weight", "fc.weight");
        yield return ("head.projection.bias", "fc.bias");
    }

    /// <summary>open-mmlab/mmaction2: <c>Recognizer3D</c> of <c>ResNet3d</c> and <c>I3DHead</c>, with non-local blocks.</summary>
    public static IEnumerable<(string Published, string Ours)> Mmaction(
        IReadOnlyList<int> blocks, IReadOnlyCollection<(int Stage, int Block)> attention)
    {
        yield return ("backbone.conv1.conv.weight", "conv1.weight");
        foreach (string part in NormParts)
        {
            yield return ($"backbone.conv1.bn.{part}", $"bn1.{part}");
        }

        foreach ((int stage, int block) in Places(blocks))
        {
            string place = Text($"backbone.layer{stage}.{block}");
            foreach ((string branch, string conv, string norm) in Branches(block == 0, ["conv1", "conv2", "conv3"], "downsample"))
            {
                yield return ($"{place}.{branch}.conv.weight", Text($"layer{stage}.{block}.{conv}.weight"));
                foreach (string part in NormParts)
                {
                    yield return ($"{place}.{branch}.bn.{part}", Text($"layer{stage}.{block}.{norm}.{part}"));
                }
            }
        }

        foreach ((int stage, int block) in attention)
        {
            string theirs = Text($"backbone.layer{stage}.{block}.non_local_block");
            string ours = Text($"layer{stage}.nl{block}");
            string[] keys =
            [
                "g.0.conv.weight", "g.0.conv.bias", "theta.conv.weight", "theta.conv.bias", "phi.0.conv.weight", "phi.0.conv.bias",
                "conv_out.conv.weight", .. NormParts.Select(part => $"conv_out.bn.{part}"),
            ];
            foreach (string key in keys)
            {
                yield return ($"{theirs}.{key}", $"{ours}.{key}");
            }
        }

        yield return ("cls_head.fc_cls.weight", "fc.weight");
        yield return ("cls_head.fc_cls.bias", "fc.bias");
    }

    /// <summary>facebookresearch/video-nonlocal-net: the blobs of <c>resnet_video.py</c>.</summary>
    public static IEnumerable<(string Published, string Ours)> Caffe2(
        IReadOnlyList<int> blocks, IEnumerable<(int Stage, int Block)> attention)
    {
        yield return ("conv1_w", "conv1.weight");
        (string Blob, string Part)[] norm = [("s", "weight"), ("b", "bias"), ("rm", "running_mean"), ("riv", "running_var")];
        foreach ((string blob, string part) in norm)
        {
            yield return ($"res_conv1_bn_{blob}", $"bn1.{part}");
        }

        foreach ((int stage, int block) in Places(blocks))
        {
            string place = Text($"res{stage + 1}_{block}");
            foreach ((string branch, string conv, string layer) in Branches(block == 0, ["branch2a", "branch2b", "branch2c"], "branch1"))
            {
                yield return ($"{place}_{branch}_w", Text($"layer{stage}.{block}.{conv}.weight"));
                foreach ((string blob, string part) in norm)
                {
                    yield return ($"{place}_{branch}_bn_{blob}", Text($"layer{stage}.{block}.{layer}.{part}"));
                }
            }
        }

        foreach ((int stage, int block) in attention)
        {
            string place = Text($"nonlocal_conv{stage + 1}_{block}");
            foreach (string layer in (string[])["theta", "phi", "g", "out"])
            {
                yield return ($"{place}_{layer}_w", Text($"layer{stage}.nl{block}.{layer}.weight"));
                yield return ($"{place}_{layer}_b", Text($"layer{stage}.nl{block}.{layer}.bias"));
            }

            foreach ((string blob, string part) in norm)
            {
                yield return ($"{place}_bn_{blob}", Text($"layer{stage}.nl{block}.bn.{part}"));
            }
        }

        yield return ("pred_w", "fc.weight");
        yield return ("pred_b", "fc.bias");
    }

    private static IEnumerable<(int Stage, int Block)> Places(IReadOnlyList<int> blocks) =>
        blocks.SelectMany((count, stage) => Enumerable.Range(0, count).Select(block => (stage + 1, block)));

    private static IEnumerable<(string Branch, string Conv, string Norm)> Branches(bool first, string[] branches, string shortcut)
    {
        for (int i = 0; i < branches.Length; i++)
        {
            yield return (branches[i], Text($"conv{i + 1}"), Text($"bn{i + 1}"));
        }

        if (first)
        {
            yield return (shortcut, "downsample.0", "downsample.1");
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
