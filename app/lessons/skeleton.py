"""What a new lesson begins as: small, and right."""

LESSON = """\
# The run. What every key means is in docs/lessons.md; the words are in en.toml and zh.toml.
protocol = "raft"
nodes = 3
clients = 1
seed = 1

[[step]]
id = "rest"                                # no command, nothing waited for: only a caption
focus = ["n1", "n2", "n3"]

[[step]]
id = "leader"
do = "timeout n1 election"                 # casting: n1 is to lead, so its timer ends first
until = "n1.role == 'leader'"              # the step ends when this is true: a condition, never a delay
[step.predict]                             # asked before the step is played; judged at its end
choices = { one = "n1.currentTerm == 1", two = "n1.currentTerm == 2" }

[[step]]
id = "try"
[step.challenge]                           # a branch of the learner's own begins where the step ends
goal = "c1.answered == 1"                  # false at the start, true after the solution
hints = 2
solution = "request c1 put x 7"
"""

EN = """\
title = "A lesson of my own"
summary = "What this lesson shows, in a sentence or two."

[step.rest]
caption = "[Three servers](n1, n2, n3) begin as followers. Nobody leads."
notes = "What you want to remember when you show this in class."

[step.leader]
caption = "The timer of [n1](n1) ends first. It asks the others with [RequestVote](RequestVote)."
after = "[n1](n1) has a majority: it leads."
[step.leader.predict]
question = "In which term will [n1](n1) lead?"
choices = { one = "Term 1", two = "Term 2" }
reveal = "It began in term 0 and raised its term by one when it became a candidate."
why = { two = "A second term is needed only when the first has no winner." }

[step.try]
caption = "Now it is your turn."
[step.try.challenge]
task = "Have [c1](c1) get a write answered."
hints = ["Click the client at the edge of the stage.", "Send a request put x 7, and let time go by."]
done = "The leader has answered once a majority had the entry."
"""

ZH = """\
title = "我的一课"
summary = "用一两句话说明这一课要讲什么。"

[step.rest]
caption = "[三个节点](n1, n2, n3)开始时都是跟随者，还没有领导者。"
notes = "课堂上讲到这里时，您想提醒自己的话。"

[step.leader]
caption = "[n1](n1) 的定时器最先到期。它用 [RequestVote](RequestVote) 向其他节点请求投票。"
after = "[n1](n1) 得到多数派的选票，成为领导者。"
[step.leader.predict]
question = "[n1](n1) 会在哪个任期当选？"
choices = { one = "任期 1", two = "任期 2" }
reveal = "它从任期 0 开始，成为候选人时把任期加一。"
why = { two = "只有第一个任期没有赢家时，才需要第二个任期。" }

[step.try]
caption = "轮到您了。"
[step.try.challenge]
task = "让 [c1](c1) 的一次写入得到答复。"
hints = ["点击舞台边缘的客户端。", "发出请求 put x 7，然后让时间继续。"]
done = "多数派持有该条目之后，领导者才作出答复。"
"""

FILES = {"lesson.toml": LESSON, "en.toml": EN, "zh.toml": ZH}
