"""Advice on every code whose meaning the code tables know, and on those that they do not explain.

Nothing here says more of a code than its meaning carries; the tables say how sure that is.
"""

from collections.abc import Mapping

from firmtrack.domain.voice import Spoken
from firmtrack.presentation.catalogue_entry import MAY_TRY_AGAIN, Advice

_REFUSES = "DCC refuses the request. It does nothing for any of its devices."
_LEAVES_OUT = "DCC leaves the device out and goes on with the others of the request."
_ASK_THE_MANUFACTURER = (
    "Ask the manufacturer, with the firmware version, the device’s model and this reason."
)
_ENDS_ACTIVATION = "Nothing more: this activation has ended, and the inventory stays as it is."
_ONLY_TELLS = "DCC only tells the User; it waits for nothing."
_READ_FIRST = (
    "Read the firmware version (11.2) before you send an Activate Firmware (11.3) again: it may "
    "have worked, and only its answer been lost."
)
_SEND_ANEW = "Correct the request and send a new one: a refused request stays refused."

EXPLAINED_BY_OPERATOR = Spoken(
    "If your operator’s wording does not tell you what to do, quote the code and the Service "
    "Request ID to DCC’s Service Centre.",
    "If the wording does not tell you what to do, look the code up in DUIS, and tell the supplier "
    "what it means.",
)
"""What to do about a code that only the operators have explained."""

NOT_EXPLAINED = Advice(
    "Not known to Firmtrack: DUIS describes the code.",
    "Look the code up in DUIS, or quote the code and the Service Request ID to DCC’s "
    "Service Centre. Your operator can then add the wording to Firmtrack.",
    (
        "Look the code up in DUIS, and tell the supplier what it means. DCC’s "
        "operator of Firmtrack can then add the wording."
    ),
    "Not known, but for what the status beside the code says.",
)

_DISTRIBUTION_FAILED = Advice(
    "Which failure each of the codes N18 to N23 stands for, Firmtrack does not know: DUIS "
    "describes them.",
    "Quote the code, the Service Request ID and the Device ID to DCC’s Service Centre. Send a new "
    "request for the device when the cause is gone.",
    (
        "Find out from the Communications Service Provider what the code stands for "
        "here, with the Service Request ID and the Device ID. Tell the supplier to "
        "send a new request for the device when the cause is gone."
    ),
    MAY_TRY_AGAIN,
)

ADVICE: Mapping[str, Advice] = {
    # Left out of a request, by DCC's lists.
    "invalid_device_id": Advice(
        "A mistyped Device ID, a device that the inventory does not hold, or one that the sender "
        "was not the Responsible Supplier of when it sent the request.",
        "Check the Device ID, and read the inventory (8.2) to see whether the device is yours. "
        "Then name it in a new request.",
        (
            "Tell the supplier to check the Device ID. Look in the inventory whether it "
            "holds the device, and whose the device was then. A new request can name it "
            "once that is right."
        ),
        _LEAVES_OUT,
    ),
    "not_commissioned": Advice(
        "The device’s status in the inventory is another than Commissioned.",
        "Read the inventory (8.2), have the device commissioned, then name it in a new request.",
        (
            "Look in the inventory for the device’s status. Tell the supplier to have "
            "the device commissioned, then to name it in a new request."
        ),
        _LEAVES_OUT,
    ),
    "not_applicable_firmware": Advice(
        "The Central Products List has no entry of this firmware version for the device’s model.",
        "Compare version and model with the Central Products List. Send an image that it has for "
        "the model, or ask the manufacturer about the entry that is missing.",
        (
            "Tell the supplier that the Central Products List has no entry of this "
            "version for the device’s model: it can send another image, or ask the "
            "manufacturer about the entry."
        ),
        _LEAVES_OUT,
    ),
    "other_request_in_progress": Advice(
        "An earlier Update Firmware request for the device has neither succeeded nor failed yet. "
        "It may be another supplier’s.",
        "Wait until the earlier update of the device has ended, then send a new request for the "
        "device. The result of the device shows how far it is, if it is yours.",
        (
            "Look for the earlier request of the device: until it has ended, no other "
            "is taken. Tell the supplier to send a new request for the device then."
        ),
        _LEAVES_OUT + " It goes on with the earlier request.",
    ),
    "invalid_gbcs_version": Advice(
        "The device, or its Communications Hub, runs firmware of a GBCS version that cannot take "
        "this update. PPMID and HCALCS can only be updated once their hub’s own firmware "
        "supports it.",
        "Read the inventory (8.2) for the GBCS version. Send an image that fits it, or wait until "
        "the hub has been updated.",
        (
            "Look in the inventory for the GBCS version of the device and of its hub. "
            "Tell the supplier to send an image that fits it; where it is the hub’s, "
            "ask the Communications Service Provider when the hub is to be updated."
        ),
        _LEAVES_OUT + " Communications Hubs are updated by their Communications Service Providers.",
    ),
    # What the hub, the device and the PPMID say.
    "image_discarded": Advice(
        "Who discarded the image, and why, the alert does not say.",
        "Send a new request for the device. If it happens again, quote the Service Request ID and "
        "the Device ID to DCC’s Service Centre.",
        (
            "Tell the supplier to send a new request for the device. If it happens "
            "again, ask the Communications Service Provider why the hub discards the "
            "image, with the Service Request ID and the Device ID."
        ),
        MAY_TRY_AGAIN,
    ),
    "hardware_version_mismatch": Advice(
        "The image’s header names the hardware versions that it is for, and the device’s is not "
        "one of them.",
        "Do not send the same image again. " + _ASK_THE_MANUFACTURER,
        (
            "Tell the supplier not to send the same image again, and to ask the "
            "manufacturer, with the firmware version, the device’s model and this "
            "reason."
        ),
        MAY_TRY_AGAIN,
    ),
    "file_transfer_failure": Advice(
        "The alert does not say why. Hub and device may have been out of touch.",
        "Send a new request for the device. If it happens again, have the device’s connection to "
        "its hub looked at.",
        (
            "Tell the supplier to send a new request for the device. If it happens "
            "again, ask the Communications Service Provider about the hub, and tell the "
            "supplier to have the device’s connection to it looked at."
        ),
        MAY_TRY_AGAIN,
    ),
    "activation_failure": Advice(
        "The device holds the image but could not change over to it; it does not say why.",
        "Read the firmware version (11.2) to see what the device runs. " + _ASK_THE_MANUFACTURER,
        (
            "Tell the supplier to read the firmware version (11.2) to see what the "
            "device runs, and to ask the manufacturer, with the firmware version, the "
            "device’s model and this reason."
        ),
        MAY_TRY_AGAIN,
    ),
    "no_image_held": Advice(
        "The device has lost the image, or never had it.",
        "Read the firmware version (11.2) to see what the device runs. If it should run the "
        "image, send it again with Update Firmware (11.1), and activate it once it is verified.",
        (
            "Tell the supplier to read the firmware version (11.2) to see what the "
            "device runs. If it should run the image, the supplier sends it again with "
            "Update Firmware (11.1), and activates it once it is verified."
        ),
        _ENDS_ACTIVATION,
    ),
    "hash_mismatch": Advice(
        "A later update has replaced the image, or the Activate Firmware (11.3) carried another "
        "image’s hash. After a change of supplier, the image may be the earlier supplier’s.",
        "If the device should run the image that your Activate Firmware (11.3) is for, send that "
        "image again with Update Firmware (11.1), and activate it once it is verified. If not, "
        "activate with the hash of the image that the device holds.",
        (
            "Tell the supplier that the device holds another image. If it should run "
            "the one of the Activate Firmware (11.3), the supplier sends that again "
            "with Update Firmware (11.1); if not, it activates with the hash of the "
            "image that the device holds."
        ),
        _ENDS_ACTIVATION,
    ),
    # DCC's answers to a request.
    "I0": Advice(
        "The request was in order.",
        "Nothing. Word of each device follows.",
        "Nothing. Word of each device follows.",
        "The DSP hands the image to the Communications Service Providers.",
    ),
    "I99": Advice(
        "The request was in order.",
        "Nothing. Word of each device follows.",
        "Nothing. Word of each device follows.",
        "DCC goes on with the request, and answers it later.",
    ),
    **dict.fromkeys(
        ("W110101", "W110401"),
        Advice(
            "Some of the request’s devices cannot take this update: DCC’s answer lists them.",
            "Filter the request’s result by Rejected: the reason of each device that was left out "
            "stands beside it. The others need nothing.",
            (
                "Nothing. To see why single devices were left out, filter the request’s "
                "result by Rejected: the reason of each stands beside it."
            ),
            "The DSP goes on with the devices that it did not list.",
        ),
    ),
    "E1": Advice(
        "The User ID of the request is not one that DCC knows in the role in which it was sent.",
        "Check the User ID and the role. " + _SEND_ANEW,
        (
            "Check which User ID and role the request was sent in. Tell the supplier to "
            "correct it and to send a new request: a refused request stays refused."
        ),
        _REFUSES,
    ),
    "E2": Advice(
        "The request was sent in another role than the service allows.",
        "Send it in a role that may: import supplier (IS) or gas supplier (GS) for 11.1 and 11.4.",
        (
            "Tell the supplier to send it in a role that may: import supplier (IS) or "
            "gas supplier (GS) for 11.1 and 11.4."
        ),
        _REFUSES,
    ),
    "E3": Advice(
        "The sender may not use this service as its status stands.",
        "Ask DCC’s Service Centre how your User ID stands.",
        "Look up how the supplier’s User ID stands, and tell the supplier.",
        _REFUSES,
    ),
    "E4": Advice(
        "Another party was responsible for the device at that time, for example after a change of "
        "supplier.",
        "Read the inventory (8.2). If the device is yours, ask DCC’s Service Centre about its "
        "registration.",
        (
            "Look in the inventory for whose the device is. If it is this supplier’s, "
            "check the device’s registration."
        ),
        _REFUSES,
    ),
    "E5": Advice(
        "The device is not Commissioned, for example Suspended or Decommissioned.",
        "Read the inventory (8.2) for the status, put it right, then send a new request.",
        (
            "Look in the inventory for the device’s status. Tell the supplier what has "
            "to be put right before it sends a new request."
        ),
        _REFUSES,
    ),
    "E11": Advice(
        "The request names a device of another type: 11.1 is for ESME, GSME and HCALCS, 11.4 for "
        "PPMID.",
        "Read the inventory (8.2) for the device’s type, and send the request that is for it.",
        (
            "Look in the inventory for the device’s type. Tell the supplier to send the "
            "request that is for it."
        ),
        _REFUSES,
    ),
    "E12": Advice(
        "The request was sent with a command variant that its service does not have.",
        "Have your DCC system’s supplier correct the command variant. " + _SEND_ANEW,
        (
            "Tell the supplier to have its DCC system’s supplier correct the command "
            "variant, and to send a new request: a refused request stays refused."
        ),
        _REFUSES,
    ),
    "E13": Advice(
        "The request went to the address of another kind of request.",
        "Have your DCC system’s supplier correct the address. " + _SEND_ANEW,
        (
            "Tell the supplier to have its DCC system’s supplier correct the address, "
            "and to send a new request: a refused request stays refused."
        ),
        _REFUSES,
    ),
    "E17": Advice(
        "The request asks for a command to hand over locally, which its service does not offer.",
        "Send it as a command that DCC delivers.",
        "Tell the supplier to send it as a command that DCC delivers.",
        _REFUSES,
    ),
    "E19": Advice(
        "A mistyped Device ID, or a device that nobody has told DCC of.",
        "Check the Device ID. A new device is made known with Device Pre-notification (12.2).",
        (
            "Tell the supplier to check the Device ID. A new device is made known with "
            "Device Pre-notification (12.2)."
        ),
        _REFUSES,
    ),
    "E20": Advice(
        "The Communications Hub or the device may be switched off.",
        "Send the request again later. If it happens again, ask DCC’s Service Centre.",
        (
            "Ask the Communications Service Provider whether the hub can be reached. "
            "Tell the supplier to send the request again later."
        ),
        MAY_TRY_AGAIN,
    ),
    "E21": Advice(
        "The device may not have got the command; or its answer was lost.",
        _READ_FIRST,
        (
            "Tell the supplier to read the firmware version (11.2) before it sends an "
            "Activate Firmware (11.3) again: it may have worked, and only its answer "
            "been lost."
        ),
        MAY_TRY_AGAIN,
    ),
    # DCC Alerts.
    **dict.fromkeys(
        ("N12", "N13"),
        Advice(
            "The Communications Hub or the device may be switched off or out of reach; or the "
            "answer was lost.",
            _READ_FIRST,
            (
                "Tell the supplier to read the firmware version (11.2) before it sends an "
                "Activate Firmware (11.3) again: it may have worked, and only its answer "
                "been lost."
            ),
            MAY_TRY_AGAIN,
        ),
    ),
    **dict.fromkeys((f"N{number}" for number in range(18, 24)), _DISTRIBUTION_FAILED),
    "N59": Advice(
        "Another party sent an Update Firmware request that names the device.",
        "Nothing: the request is the other party’s.",
        "Nothing: the request is another supplier’s.",
        _ONLY_TELLS,
    ),
    "N60": Advice(
        "The Communications Service Provider delivered the image.",
        "Look at the status: it follows the alert’s body, whatever the code is. Where it says that "
        "the image was delivered, the hub hands it to the device next.",
        (
            "Look at the status: it follows the alert’s body, whatever the code is. "
            "Where it says that the image was delivered, the hub hands it to the device "
            "next."
        ),
        _ONLY_TELLS,
    ),
    "N61": Advice(
        "The Communications Service Provider could not deliver the image to the hub. Why, the "
        "alert does not say.",
        "Send a new request for the device. If it happens again, quote the Service Request ID and "
        "the Device ID to DCC’s Service Centre.",
        (
            "Ask the Communications Service Provider why it could not deliver the "
            "image, with the Service Request ID and the Device ID. Tell the supplier to "
            "send a new request for the device when the cause is gone."
        ),
        MAY_TRY_AGAIN,
    ),
    "N62": Advice(
        "The hub handed an image to a device, or could not: the alert’s body says which.",
        "Look at the status and the reason that stand beside it.",
        "Look at the status and the reason that stand beside it.",
        _ONLY_TELLS,
    ),
    "N64": Advice(
        "The hub’s own firmware was updated by its Communications Service Provider.",
        "Nothing: Firmtrack does not track the firmware of Communications Hubs.",
        "Nothing: Firmtrack does not track the firmware of Communications Hubs.",
        _ONLY_TELLS,
    ),
    "N999": Advice(
        "The User’s DUIS version is older than the message.",
        "Move to a later version of DUIS to see the message itself.",
        ("Tell the supplier what the message says, or to move to a later version of DUIS."),
        "DCC sends this in place of the message.",
    ),
    # Device Alerts.
    "81AD": Advice(
        "The alert does not say why the verification failed.",
        _ASK_THE_MANUFACTURER,
        (
            "Tell the supplier to ask the manufacturer, with the firmware version, the "
            "device’s model and this reason."
        ),
        _ONLY_TELLS,
    ),
    "8F1B": Advice(
        "The alert does not say why the verification failed.",
        _ASK_THE_MANUFACTURER,
        (
            "Tell the supplier to ask the manufacturer, with the firmware version, the "
            "device’s model and this reason."
        ),
        _ONLY_TELLS,
    ),
    "8F1C": Advice(
        "The image that the device holds is not what its manufacturer signed: damaged on its way, "
        "or wrong from the start.",
        "Compare the image’s hash with the Central Products List. If it is right, send a new "
        "request for the device; if not, ask the manufacturer for the right image.",
        (
            "Tell the supplier to compare the image’s hash with the Central Products "
            "List. If it is right, the supplier sends a new request for the device; if "
            "not, it asks the manufacturer for the right image."
        ),
        MAY_TRY_AGAIN,
    ),
    "8F43": Advice(
        "The device activated an image.",
        "Nothing, if you asked for it. Otherwise read the firmware version (11.2).",
        (
            "Nothing, if the supplier asked for it. Otherwise tell the supplier to read "
            "the firmware version (11.2)."
        ),
        _ONLY_TELLS,
    ),
    "8F66": Advice(
        "The time that an earlier command named has come.",
        "Nothing. For an Activate Firmware (11.3), the alert also says whether the device changed "
        "over to the image.",
        (
            "Nothing. For an Activate Firmware (11.3), the alert also says whether the "
            "device changed over to the image."
        ),
        _ONLY_TELLS,
    ),
    "8F67": Advice(
        "The time that an earlier command named has come, and the device could not carry it out.",
        "Read the firmware version (11.2), then send the command again.",
        ("Tell the supplier to read the firmware version (11.2), then to send the command again."),
        _ONLY_TELLS,
    ),
    "8F72": Advice(
        "The image is what its manufacturer signed.",
        "Activate the image with Activate Firmware (11.3) when you are ready. Compare the alert’s "
        "hash with that of your image.",
        (
            "Nothing. The supplier activates the image with Activate Firmware (11.3) "
            "when it is ready."
        ),
        _ONLY_TELLS,
    ),
    "8F89": Advice(
        "The device’s hardware does not fit, the image was discarded, or the transfer broke off: "
        "the reason beside it says which.",
        "Do what the reason’s entry says.",
        "Do what the reason’s entry says.",
        MAY_TRY_AGAIN,
    ),
    "8F8A": Advice(
        "The hub and the device were in touch, and the device took the image.",
        "Nothing. An ESME, GSME or HCALCS verifies the image next; a PPMID activates it.",
        ("Nothing. An ESME, GSME or HCALCS verifies the image next; a PPMID activates it."),
        _ONLY_TELLS,
    ),
    "8F8B": Advice(
        "A PPMID received an image, which it activates by itself.",
        "Look at the status: it says whether the activation succeeded.",
        "Look at the status: it says whether the activation succeeded.",
        _ONLY_TELLS,
    ),
}
