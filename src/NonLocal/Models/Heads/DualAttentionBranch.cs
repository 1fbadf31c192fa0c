using NonLocal.Layers;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Models.Heads;

/// <summary>What a head of dual attention computes: three times logits, and what its two attentions read.</summary>
/// <param name="Fused">Logits of both branches' sum: the result.</param>
/// <param name="Position">Logits of the branch with position attention, for a loss of its own.</param>
/// <param name="Channel">Logits of the branch with channel attention, for a loss of its own.</param>
/// <param name="PositionInput">The map that the position attention reads, for looking at its weights.</param>
/// <param name="ChannelInput">The map that the channel attention reads.</param>
public sealed record DualAttentionLogits(Value Fused, Value Position, Value Channel, Value PositionInput, Value ChannelInput);

/// <summary>One of the two branches: convolution, attention, convolution, classifier.</summary>
internal readonly record struct DualAttentionBranch(Layer Before, Layer Attention, Layer After, Layer Classifier)
{
    /// <summary>Connects both branches; their sum has a classifier of its own.</summary>
    public static DualAttentionLogits Connect(Value x, DualAttentionBranch position, DualAttentionBranch channel, Func<Value, Value> fused)
    {
        Value positionInput = position.Before.Forward(x);
        Value channelInput = channel.Before.Forward(x);
        Value first = position.After.Forward(position.Attention.Forward(positionInput));
        Value second = channel.After.Forward(channel.Attention.Forward(channelInput));
        return new DualAttentionLogits(
            fused(first + second), position.Classifier.Forward(first), channel.Classifier.Forward(second), positionInput, channelInput);
    }
}
